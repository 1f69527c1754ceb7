use super::*;

fn rules() -> CompanyRules {
    CompanyRules::load(&Rulebook::builtin())
}

#[test]
fn names_are_written_with_their_legal_form() {
    let rules = rules();
    for (raw, want) in [
        ("Kinegen", "Kinegen"),
        ("  Kinegen ", "Kinegen"),
        ("Hydravance Realty INC", "Hydravance Realty Inc."),
        ("Hydravance Realty, Inc.", "Hydravance Realty, Inc."),
        ("HYDRAVANCE REALTY, INC.", "Hydravance Realty, Inc."),
        ("Axizen Technologies Llc", "Axizen Technologies LLC"),
        ("Weaver & Logan, L.L.P.", "Weaver & Logan, LLP"),
        ("tritron gmbh", "Tritron GmbH"),
        ("Nexounity GMBH", "Nexounity GmbH"),
        ("Siemens gmbh & co. kg", "Siemens GmbH & Co. KG"),
        (
            "Karpik & Kiliszek sp. z o.o.",
            "Karpik & Kiliszek Sp. z o.o.",
        ),
        ("Тракия Фарма ООД", "Тракия Фарма ООД"),
        (
            "Mingzhu Electronics co ltd",
            "Mingzhu Electronics Co., Ltd.",
        ),
        ("IBM", "IBM"),
        ("BASF SE", "BASF SE"),
        ("adidas", "adidas"),
        ("eBay", "eBay"),
        ("acme.com", "acme.com"),
        ("premier delta logistics", "Premier Delta Logistics"),
        ("BANK OF THE WEST", "Bank of the West"),
        ("QUANUNITY", "Quanunity"),
        ("富士商事株式会社", "富士商事株式会社"),
        ("SA", "SA"),
        ("Dupont SARL", "Dupont SARL"),
        ("ACME S.A.R.L.", "ACME SARL"),
        ("Dupont Sàrl", "Dupont Sàrl"),
        ("Dupont S.à r.l.", "Dupont S.à r.l."),
        ("Dupont sarl", "Dupont SARL"),
        ("Dupont SA", "Dupont SA"),
        ("Dupont S.A.", "Dupont S.A."),
        ("Bogota Norte S.A.S.", "Bogota Norte S.A.S."),
        ("Yıldız A.Ş.", "Yıldız A.Ş."),
        ("Novak a.s.", "Novak a.s."),
        ("Fjord AS", "Fjord AS"),
        ("Sava a.d.", "Sava a.d."),
        ("Sredec AD", "Sredec AD"),
        ("CV Maju Jaya", "CV Maju Jaya"),
        ("Limari SpA", "Limari SpA"),
        ("Pampa Limitada", "Pampa Limitada"),
        ("Huber Ges.m.b.H.", "Huber Ges.m.b.H."),
        ("Acme Company Ltd", "Acme Company Ltd."),
    ] {
        assert_eq!(
            standardise(raw, &rules).value.as_deref(),
            Some(want),
            "{raw}"
        );
    }
    assert_eq!(standardise(" \u{200b}", &rules).value, None);
}

#[test]
fn spellings_of_one_company_share_a_core() {
    let rules = rules();
    for (a, b) in [
        ("Hydravance Realty, Inc.", "HYDRAVANCE REALTY"),
        ("Weaver & Logan L.L.P.", "Weaver and Logan"),
        ("Bailey Sys Ltd.", "Bailey Systems"),
        ("Tritron gmbh", "TRITRON"),
        ("Müller und Söhne GmbH & Co. KG", "Muller & Sohne"),
        ("Karpik & Kiliszek Sp. z o.o.", "Karpik & Kiliszek sp zoo"),
        ("Тракия Фарма ООД", "тракия фарма"),
        ("ООО Ромашка", "Ромашка"),
        ("Taban Tejarat P.J.S.C.", "Taban Tejarat"),
        ("شرکت تابان تجارت (سهامی عام)", "تابان تجارت"),
        ("شركة الشرق للتقنية", "الشرق للتقنیه"),
        ("บริษัท เจริญการค้า จำกัด (มหาชน)", "เจริญการค้า"),
        ("บจก. นครอุตสาหกรรม", "บริษัท นครอุตสาหกรรม จำกัด"),
        ("富士商事株式会社", "株式会社富士商事"),
        ("瑞丰电子有限公司", "瑞丰电子"),
        ("瑞丰电子股份有限公司", "瑞丰电子"),
        ("주식회사 한빛", "(주)한빛"),
        ("Olympos Pharma Α.Ε.", "Olympos Pharma"),
        ("Mingzhu Electronics Co., Ltd.", "Mingzhu Electronics"),
        ("Luo Design Group Inc.", "Luo Design"),
        (
            "Intl Business Mfg Corp",
            "International Business Manufacturing",
        ),
        ("Desarrollos S.A. de C.V.", "Desarrollos"),
        ("Yıldız A.Ş.", "YILDIZ"),
    ] {
        assert_eq!(core(a, &rules), core(b, &rules), "{a} | {b}");
    }
    for (a, b) in [
        ("Acme Software", "Acme Hardware"),
        ("Delta Inc", "Gamma Inc"),
        ("SA", "AG"),
    ] {
        assert_ne!(core(a, &rules), core(b, &rules), "{a} | {b}");
    }
    assert_eq!(core("Co. Ltd.", &rules), "co ltd");
}

#[test]
fn legal_forms_prove_a_company() {
    let rules = rules();
    for text in [
        "Acme Inc",
        "Tang Software, L.L.P.",
        "ООО Ромашка",
        "富士商事株式会社",
        "Nexounity GmbH",
    ] {
        assert!(rules.has_legal_form(text), "{text}");
    }
    for text in ["Ann Lee", "Delta Group", "Иван Петров", "Inc", "김서연"] {
        assert!(!rules.has_legal_form(text), "{text}");
    }
}

#[test]
fn the_lists_have_their_form() {
    let rulebook = Rulebook::builtin();
    let forms = lists::rows(&rulebook, "companies/legal_forms.csv");
    assert!(forms.len() > 120);
    for row in &forms {
        assert_eq!(row.len(), 5, "{row:?}");
        assert!(
            matches!(&row[2], "end" | "front" | "both" | "glued" | "bracketed"),
            "{row:?}"
        );
        assert!(matches!(&row[3], "yes" | "no"), "{row:?}");
        assert!(lists::values(row.get(1)).count() > 0, "{row:?}");
    }
    let words = lists::rows(&rulebook, "companies/words.csv");
    let mut shorts: Vec<&str> = words.iter().map(|row| &row[0]).collect();
    shorts.sort_unstable();
    shorts.dedup();
    assert_eq!(shorts.len(), words.len(), "a short word stands once");
    for row in &words {
        assert!(
            !shorts.contains(&&row[1]),
            "a long word is no short one: {row:?}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn standardising_twice_changes_nothing(raw in "\\PC{0,40}") {
        check_twice(&raw);
    }

    #[test]
    fn standardising_twice_changes_nothing_for_names(raw in "(acme|ACME|Delta|of|SA|inc|L\\.L\\.C\\.|A\\.S\\.|a\\.s\\.|AŞ|Sàrl|S\\.à|r\\.l\\.|CV|ad|, |&| |GMBH|co|ltd|株式会社|บริษัท|จำกัด|-){0,8}") {
        check_twice(&raw);
    }
}

fn check_twice(raw: &str) {
    let rules = rules();
    if let Some(once) = standardise(raw, &rules).value {
        assert_eq!(standardise(&once, &rules).value, Some(once.clone()));
    }
    let _ = core(raw, &rules);
    let _ = rules.has_legal_form(raw);
}
