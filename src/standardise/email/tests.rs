use super::*;
use crate::rulebook::Rulebook;

fn rules() -> EmailRules {
    EmailRules::load(&Rulebook::builtin())
}

#[test]
fn addresses_are_brought_to_one_form() {
    let rules = rules();
    for (raw, address) in [
        ("ann@lee.com", "ann@lee.com"),
        ("Ann@Lee.COM", "ann@lee.com"),
        ("  ann@lee.com ", "ann@lee.com"),
        ("ann@lee.com.", "ann@lee.com"),
        ("mailto:ann@lee.com", "ann@lee.com"),
        ("MAILTO:Ann@lee.com?subject=Hi", "ann@lee.com"),
        ("Ann Lee <ann@lee.com>", "ann@lee.com"),
        ("\"Lee, Ann\" <ann@lee.com>", "ann@lee.com"),
        ("<ann@lee.com>", "ann@lee.com"),
        ("ann@lee.com,", "ann@lee.com"),
        ("ann@lee.com\u{200b}", "ann@lee.com"),
        ("ann\u{a0}@lee.com", "ann@lee.com"),
        ("ann @ lee.com", "ann@lee.com"),
        ("ann@lee. com", "ann@lee.com"),
        ("ann(at)lee.com", "ann@lee.com"),
        ("ann [at] lee [dot] com", "ann@lee.com"),
        ("ａｎｎ＠ｌｅｅ．ｃｏｍ", "ann@lee.com"),
        ("'ann@lee.com'", "ann@lee.com"),
        ("ann+news@gmail.com", "ann+news@gmail.com"),
        ("a.n.n@gmail.com", "a.n.n@gmail.com"),
        ("ann@müller.de", "ann@xn--mller-kva.de"),
        ("иван@почта.рф", "иван@xn--80a1acny.xn--p1ai"),
        ("o'brien@lee.com", "o'brien@lee.com"),
        ("SMTP:ann@lee.com", "ann@lee.com"),
    ] {
        let out = standardise(raw, &rules);
        assert_eq!(out.value.as_deref(), Some(address), "{raw}");
        assert_eq!(out.rule.is_empty(), raw == address, "{raw}");
        assert!(out.doubts.is_empty(), "{raw}: {:?}", out.doubts);
    }
}

#[test]
fn several_addresses_are_parted() {
    let rules = rules();
    for (raw, first, rest) in [
        (
            "ann@lee.com; Bob@lee.com",
            "ann@lee.com",
            vec!["bob@lee.com"],
        ),
        (
            "ann@lee.com ::: bob@lee.com",
            "ann@lee.com",
            vec!["bob@lee.com"],
        ),
        (
            "ann@lee.com bob@lee.com",
            "ann@lee.com",
            vec!["bob@lee.com"],
        ),
        (
            "ann@lee.com,bob@lee.com,cy@lee.com",
            "ann@lee.com",
            vec!["bob@lee.com", "cy@lee.com"],
        ),
        ("ann@lee.com/ANN@lee.com", "ann@lee.com", vec![]),
        (
            "Lee, Ann <ann@lee.com>; Roe, Bob <bob@lee.com>",
            "ann@lee.com",
            vec!["bob@lee.com"],
        ),
        ("broken@; bob@lee.com", "bob@lee.com", vec!["broken@"]),
    ] {
        let out = standardise(raw, &rules);
        assert_eq!(out.value.as_deref(), Some(first), "{raw}");
        let others: Vec<&str> = out.parts.iter().map(|(_, v)| v.as_str()).collect();
        assert_eq!(others, rest, "{raw}");
    }
}

#[test]
fn what_stands_for_no_address_is_cleared() {
    let rules = rules();
    for raw in [
        "none",
        "N/A",
        "-",
        "test@test.com",
        "none@none.com",
        "a@b.co",
        "x@example.com",
        "noemail@noemail.com",
        "asdf@asdf.com",
        "/O=EXCHANGELABS/OU=EXCHANGE/CN=RECIPIENTS/CN=ANN",
        "keine Angabe",
        "[not provided]",
        "...",
        " ",
    ] {
        let out = standardise(raw, &rules);
        assert_eq!(out.value, None, "{raw}");
        assert!(!out.rule.is_empty() && !out.reason.is_empty(), "{raw}");
    }
}

#[test]
fn real_addresses_are_no_placeholders() {
    let rules = rules();
    for raw in [
        "test@acme.com",
        "info@lee.com",
        "al@hp.com",
        "di@x.com",
        "j@hp.com",
        "jo@bt.co.uk",
        "user@acme.de",
        "noreply@acme.com",
    ] {
        assert_eq!(standardise(raw, &rules).value.as_deref(), Some(raw));
    }
}

#[test]
fn slips_are_proposed_and_never_made() {
    let rules = rules();
    for (raw, rule, proposal) in [
        ("ann@gmial.com", "email_domain_typo", Some("ann@gmail.com")),
        ("ann@gmail.con", "email_domain_typo", Some("ann@gmail.com")),
        (
            "ann@kinegen.con",
            "email_domain_typo",
            Some("ann@kinegen.com"),
        ),
        (
            "ann@hotmaill.com",
            "email_domain_typo",
            Some("ann@hotmail.com"),
        ),
        ("ann@lee.zzzz", "email_suffix_unknown", None),
        ("ann@lee,com", "email_not_valid", Some("ann@lee.com")),
        ("ann@@lee.com", "email_not_valid", Some("ann@lee.com")),
        ("ann@lee..com", "email_not_valid", Some("ann@lee.com")),
        (
            "ann lee@acme.com",
            "email_not_valid",
            Some("annlee@acme.com"),
        ),
        ("ann.lee", "email_not_valid", None),
        ("ann@localhost", "email_not_valid", None),
        ("ann@[1.2.3.4]", "email_not_valid", None),
    ] {
        let out = standardise(raw, &rules);
        assert_eq!(out.value.as_deref(), Some(raw), "kept: {raw}");
        let doubt = out
            .doubts
            .first()
            .map(|d| (d.rule, d.suggestion.as_deref()));
        assert_eq!(doubt, Some((rule, proposal)), "{raw}");
    }
    for sound in [
        "ann@mail.com",
        "ann@email.com",
        "ann@yahoo.co.jp",
        "ann@gmx.net",
        "ann@lee.ne",
    ] {
        assert!(standardise(sound, &rules).doubts.is_empty(), "{sound}");
    }
}

#[test]
fn comparison_keys_ignore_dots_and_tags() {
    let rules = rules();
    for (address, key) in [
        ("A.N.N+x@gmail.com", "ann@gmail.com"),
        ("ann@googlemail.com", "ann@gmail.com"),
        ("a.nn@outlook.com", "a.nn@outlook.com"),
        ("ann+hubspot@acme.com", "ann@acme.com"),
        ("ann@me.com", "ann@icloud.com"),
        ("+x@acme.com", "+x@acme.com"),
        ("jean-luc@yahoo.com", "jean-luc@yahoo.com"),
    ] {
        assert_eq!(
            comparison_key(address, &rules).as_deref(),
            Some(key),
            "{address}"
        );
    }
    assert_eq!(comparison_key("none", &rules), None);
}

#[test]
fn domains_and_mailboxes_are_known() {
    let rules = rules();
    for domain in [
        "gmail.com",
        "abv.bg",
        "wp.pl",
        "chmail.ir",
        "163.com",
        "naver.com",
        "yahoo.co.th",
        "gmx.at",
        "orange.fr",
        "mailinator.com",
    ] {
        assert!(rules.is_free_mail(domain), "{domain}");
    }
    assert!(!rules.is_free_mail("acme.com"));
    assert!(rules.is_disposable("yopmail.com") && !rules.is_disposable("gmail.com"));
    for mailbox in [
        "info",
        "Sales",
        "kontakt",
        "buero",
        "contacto",
        "ventas",
        "info2",
        "sales-team",
        "no-reply",
        "info@acme.com",
        "human.resources",
        "ofis",
        "satis",
    ] {
        assert!(rules.is_role(mailbox), "{mailbox}");
    }
    for mailbox in ["ann", "ann.lee", "salesman", "infante", "j.smith"] {
        assert!(!rules.is_role(mailbox), "{mailbox}");
    }
}

#[test]
fn the_lists_are_lower_case_and_whole() {
    for (path, text) in Rulebook::builtin().folder("email") {
        let value: toml::Table = toml::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}"));
        for (key, list) in &value {
            let Some(list) = list.as_array() else {
                continue;
            };
            for item in list.iter().filter_map(|item| item.as_str()) {
                assert_eq!(item, item.to_lowercase(), "{path} {key}");
                assert!(
                    !item.is_empty() && item.trim() == item,
                    "{path} {key} {item:?}"
                );
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn standardising_twice_changes_nothing(value in "\\PC{0,30}|[a-zA-Z .;,<>@+]{0,30}|[a-z]{1,3}@[a-z]{1,3}\\.[a-z]{2,3}") {
        let rules = rules();
        let once = standardise(&value, &rules);
        if let Some(address) = &once.value {
            let twice = standardise(address, &rules);
            proptest::prop_assert_eq!(twice.value.as_ref(), Some(address));
            proptest::prop_assert!(twice.parts.is_empty());
        }
        for (_, part) in &once.parts {
            let twice = standardise(part, &rules);
            proptest::prop_assert_eq!(twice.value.as_ref(), Some(part));
        }
    }
}
