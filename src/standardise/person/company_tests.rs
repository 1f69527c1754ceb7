//! Whether a name asks for the record's company, and that no other depends on it.

use std::cell::Cell;

use super::*;
use crate::rulebook::Rulebook;

#[test]
fn a_name_that_does_not_ask_for_the_company_is_the_same_with_any() {
    let (rules, model) = (PersonRules::load(&Rulebook::builtin()), NameModel::empty());
    let companies = [None, Some("Acme Inc."), Some("Lee"), Some("Lee Works Ltd")];
    let mut asking = Vec::new();
    for (given, family, full) in [
        ("Ann", "Lee", ""),
        ("ANN-MARIE", "van der LEE", ""),
        ("Ann", "Lee (Acme Inc.)", ""),
        ("Ann", "Lee Works Ltd", ""),
        ("", "Lee", ""),
        ("Ann", "", ""),
        ("Dr. Ann", "Lee / Acme Inc.", ""),
        ("Ann “Annie”", "Lee", ""),
        ("", "", "Ann Lee"),
        ("", "", "Lee Works"),
        ("Ann", "Lee", "Ann Lee, Acme Inc."),
    ] {
        let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        let asked = Cell::new(false);
        let raw = RawName {
            given: some(given),
            family: some(family),
            full: some(full),
            asked: Some(&asked),
            ..RawName::default()
        };
        let alone = standardise_name(raw, &rules, &model);
        if asked.get() {
            asking.push((given, family, full));
            continue;
        }
        for company in companies {
            let with = RawName { company, ..raw };
            assert_eq!(
                standardise_name(with, &rules, &model),
                alone,
                "{given} | {family} | {full} at {company:?}"
            );
        }
    }
    // Those whose text may be the company's name, and whole names.
    for expected in [
        ("Ann", "Lee (Acme Inc.)", ""),
        ("Ann", "Lee Works Ltd", ""),
        ("", "", "Ann Lee"),
    ] {
        assert!(asking.contains(&expected), "{expected:?} in {asking:?}");
    }
    assert!(!asking.contains(&("Ann", "Lee", "")));
}
