use super::*;
use crate::rulebook::Rulebook;

fn rules() -> PhoneRules {
    PhoneRules::load(&Rulebook::builtin())
}

#[test]
fn numbers_become_e164() {
    let rules = rules();
    for (raw, region, number) in [
        ("+14155550100", None, "+14155550100"),
        ("(415) 555-0100", Some("US"), "+14155550100"),
        ("415.555.0100", Some("US"), "+14155550100"),
        ("1-415-555-0100", Some("US"), "+14155550100"),
        ("+1 (415) 555-0100", Some("DE"), "+14155550100"),
        ("0014155550100", None, "+14155550100"),
        ("011 49 30 901820", Some("US"), "+4930901820"),
        ("00 49 30 901820", Some("US"), "+4930901820"),
        ("030 / 901820", Some("DE"), "+4930901820"),
        ("030/901820", Some("DE"), "+4930901820"),
        ("+49 (0)30 901820", None, "+4930901820"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("٠٩١٢ ٣٤٥ ٦٧٨٩", Some("IR"), "+989123456789"),
        ("０３-１２３４-５６７８", Some("JP"), "+81312345678"),
        ("1-800-FLOWERS", Some("US"), "+18003569377"),
        ("(415) 555-0100 x12", Some("US"), "+14155550100 ext 12"),
        (
            "415-555-0100 ext. 9778",
            Some("US"),
            "+14155550100 ext 9778",
        ),
        ("+14155550100 ext 12", None, "+14155550100 ext 12"),
        ("+14155550100;ext=12", None, "+14155550100 ext 12"),
        ("tel:+1-415-555-0100", None, "+14155550100"),
        ("p:+14155550100", None, "+14155550100"),
        ("Tel.: +49 30 901820", None, "+4930901820"),
        ("'+39 06 6982 0000", None, "+390669820000"),
        ("=\"+14155550100\"", None, "+14155550100"),
        ("415-555-0100 (mobile)", Some("US"), "+14155550100"),
        ("49 30 901820", Some("DE"), "+4930901820"),
        ("+359-87-563-9492", None, "+359875639492"),
        ("12125552377.0", Some("US"), "+12125552377"),
        ("+12125552377.0", None, "+12125552377"),
    ] {
        let out = standardise(raw, region, &rules);
        assert_eq!(out.value.as_deref(), Some(number), "{raw}");
        assert!(
            out.parts.is_empty() && out.doubts.is_empty(),
            "{raw}: {out:?}"
        );
    }
}

#[test]
fn an_email_tells_the_region_where_the_number_is_valid_there() {
    let rules = rules();
    for (email, region) in [
        ("eva@braun.de", Some("DE")),
        ("EVA@BRAUN.CO.UK", Some("GB")),
        ("eva@braun.com", None),
        ("eva@braun.io", None),
        ("eva", None),
    ] {
        assert_eq!(region_of_email(email, &rules).as_deref(), region, "{email}");
    }
    for (raw, hint, number, rule) in [
        (
            "030 901820",
            Some("DE"),
            "+4930901820",
            "phone_region_from_email",
        ),
        ("030 901820.", None, "030901820", "phone_digits"),
        ("(415) 555-0100", Some("GB"), "4155550100", "phone_digits"),
        ("(415) 555-0100", Some("DE"), "4155550100", "phone_digits"),
        ("+14155550100", Some("DE"), "+14155550100", ""),
        ("12125552377.0", None, "12125552377", "phone_float"),
    ] {
        let out = standardise_by_email(raw, hint, &rules);
        assert_eq!(
            (out.value.as_deref(), out.rule),
            (Some(number), rule),
            "{raw}"
        );
        let again = standardise_by_email(number, hint, &rules);
        assert_eq!(again.value.as_deref(), Some(number), "{raw} twice");
    }
}

#[test]
fn a_country_told_later_gives_its_code_to_plain_digits() {
    for (digits, region, number) in [
        ("3037465433", "US", Some("+13037465433")),
        ("4930901820", "DE", Some("+4930901820")),
        ("030901820 ext 7", "DE", Some("+4930901820 ext 7")),
        ("4155550100", "DE", None),
        ("+13037465433", "US", None),
        ("303 746 5433", "US", None),
        ("3037465433", "nowhere", None),
        ("", "US", None),
    ] {
        let found = with_country_code(digits, region);
        assert_eq!(found.as_deref(), number, "{digits} in {region}");
    }
}

#[test]
fn several_numbers_are_parted_and_one_is_not() {
    let rules = rules();
    let out = standardise("+1 415 555 0100 / +1 415 555 0101", None, &rules);
    assert_eq!(out.value.as_deref(), Some("+14155550100"));
    assert_eq!(out.parts, [("other_phones", "+14155550101".to_owned())]);
    let out = standardise("415-555-0100; 415-555-0100", Some("US"), &rules);
    assert_eq!(out.value.as_deref(), Some("+14155550100"));
    assert!(out.parts.is_empty());
    let out = standardise("031/68341395", Some("IR"), &rules);
    assert!(out.parts.is_empty());
}

#[test]
fn what_stands_for_no_number_is_cleared() {
    let rules = rules();
    for raw in [
        "n/a",
        "0000000000",
        "000-000-0000",
        "999-999-9999",
        "1234567890",
        "555-555-5555",
        "-",
        "none",
        "x",
    ] {
        let out = standardise(raw, Some("US"), &rules);
        assert_eq!(out.value, None, "{raw}");
    }
    let lost = standardise("4.155552671E9", Some("US"), &rules);
    assert_eq!(lost.value, None);
    assert_eq!(lost.doubts[0].rule, "phone_lost_in_spreadsheet");
}

#[test]
fn without_a_region_the_digits_stay_and_somebody_is_told() {
    let rules = rules();
    let out = standardise("(303) 746-5433", None, &rules);
    assert_eq!(out.value.as_deref(), Some("3037465433"));
    assert_eq!(out.doubts[0].rule, "phone_region_unknown");
    let sms = standardise("4930901820012", None, &rules);
    assert_eq!(sms.doubts[0].rule, "phone_region_unknown");
}

#[test]
fn undialable_numbers_stay_as_they_are() {
    let rules = rules();
    let formed = standardise("0081 90 0946 2505", None, &rules);
    assert_eq!(formed.value.as_deref(), Some("+819009462505"));
    assert_eq!(formed.doubts[0].rule, "phone_not_dialable");
    for raw in ["12345", "call reception", "+1 415 555", "ask Ann 4711"] {
        let out = standardise(raw, Some("US"), &rules);
        assert_eq!(out.value.as_deref(), Some(raw), "{raw}");
        assert_eq!(out.doubts[0].rule, "phone_not_dialable", "{raw}");
    }
}

#[test]
fn a_dialler_gets_the_number_alone() {
    assert_eq!(dialable("+14155550100 ext 12"), "+14155550100");
    assert_eq!(dialable("+14155550100"), "+14155550100");
}

proptest::proptest! {
    #[test]
    fn standardising_twice_changes_nothing(
        value in "\\PC{0,24}|[0-9 ()+./;x-]{0,30}|\\+?[0-9]{7,13}( ext [0-9]{1,4})?",
        region in proptest::sample::select(vec![None, Some("US"), Some("DE"), Some("IR")]),
    ) {
        let rules = rules();
        let once = standardise(&value, region, &rules);
        for number in once.value.iter().chain(once.parts.iter().map(|(_, v)| v)) {
            let twice = standardise(number, region, &rules);
            proptest::prop_assert_eq!(twice.value.as_ref(), Some(number), "{:?}", value);
            proptest::prop_assert!(twice.parts.is_empty());
        }
    }
}
