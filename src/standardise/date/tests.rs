use super::order::{Counts, Customs, Evidence, decide};
use super::*;
use crate::rulebook::Rulebook;

fn rules() -> DateRules {
    DateRules::load(&Rulebook::builtin())
}

fn with_order(order: Option<Order>) -> Format {
    Format {
        orders: order
            .into_iter()
            .flat_map(|order| ['/', '.', '-', ' '].map(|sign| (sign, order)))
            .collect(),
        ..Format::default()
    }
}

fn value(raw: &str, kind: Kind, format: &Format) -> Option<String> {
    standardise(raw, kind, format, &rules()).value
}

#[test]
fn dates_of_all_forms() {
    let plain = Format::default();
    for (raw, date) in [
        ("2024-03-12", "2024-03-12"),
        ("2024/3/12", "2024-03-12"),
        ("2024.03.12", "2024-03-12"),
        ("2024. 3. 12.", "2024-03-12"),
        ("20240312", "2024-03-12"),
        ("19420118", "1942-01-18"),
        ("13/02/2024", "2024-02-13"),
        ("02/13/2024", "2024-02-13"),
        ("31.12.1999", "1999-12-31"),
        ("07/07/2020", "2020-07-07"),
        ("12 Mar 2024", "2024-03-12"),
        ("Mar 12, 2024", "2024-03-12"),
        ("March 12th, 2024", "2024-03-12"),
        ("7-Feb-22", "2022-02-07"),
        ("12. März 2024", "2024-03-12"),
        ("12 mars 2024", "2024-03-12"),
        ("12 de marzo de 2024", "2024-03-12"),
        ("12 март 2024 г.", "2024-03-12"),
        ("12 марта 2024", "2024-03-12"),
        ("12 มีนาคม 2567", "2024-03-12"),
        ("12 มี.ค. 2567", "2024-03-12"),
        ("۱ فروردین ۱۴۰۳", "2024-03-20"),
        ("2023年6月11日", "2023-06-11"),
        ("2023년 6월 11일", "2023-06-11"),
        ("11 tháng 6 2023", "2023-06-11"),
        ("11 Ιουνίου 2023", "2023-06-11"),
        ("42447", "2016-03-18"),
        ("42447.0", "2016-03-18"),
        ("Dec 2023", "2023-12"),
        ("December 2023", "2023-12"),
        ("2023-12", "2023-12"),
        ("12/2023", "2023-12"),
        ("202312", "2023-12"),
        ("1984", "1984"),
        ("--03-14", "--03-14"),
        ("14 March", "--03-14"),
        ("4-Mar", "--03-04"),
        ("03/14", "--03-14"),
        ("14.03.", "--03-14"),
        ("29 Feb", "--02-29"),
        ("11/29/68", "1968-11-29"),
        ("11/29/12", "2012-11-29"),
        ("1984-05-03T00:00:00.000Z", "1984-05-03"),
        ("1984-05-03 00:00:00", "1984-05-03"),
        ("=\"2024-03-12\"", "2024-03-12"),
        ("Tue, 12 Mar 2024", "2024-03-12"),
    ] {
        assert_eq!(
            value(raw, Kind::Date, &plain).as_deref(),
            Some(date),
            "{raw}"
        );
    }
}

#[test]
fn moments_become_utc() {
    let sofia = Format {
        zone: TimeZone::get("Europe/Sofia").unwrap_or(TimeZone::UTC),
        ..with_order(Some(Order::MonthFirst))
    };
    for (raw, moment) in [
        ("2023-06-11T08:18:49.000+0000", "2023-06-11T08:18:49Z"),
        ("2023-06-11T08:18:49Z", "2023-06-11T08:18:49Z"),
        ("2023-06-11T08:18:49+03:00", "2023-06-11T05:18:49Z"),
        ("2022-09-20 04:26", "2022-09-20T01:26:00Z"),
        ("2022-12-20 04:26:10", "2022-12-20T02:26:10Z"),
        ("02/04/2024 01:53 PM", "2024-02-04T11:53:00Z"),
        ("6/22/2026 10:00 AM", "2026-06-22T07:00:00Z"),
        ("6/22/2026 12:30 AM", "2026-06-21T21:30:00Z"),
        ("11/29/24 22:28", "2024-11-29T20:28:00Z"),
        ("09.03.2022 15:25", "2022-09-03T12:25:00Z"),
        ("2024-03-12 09:14 UTC", "2024-03-12T09:14:00Z"),
        ("2024-03-12 09:14 EST", "2024-03-12T14:14:00Z"),
        ("2024-03-12 09:14 GMT+2", "2024-03-12T07:14:00Z"),
        ("12 Mar 2024 09:14", "2024-03-12T07:14:00Z"),
        ("1700000000", "2023-11-14T22:13:20Z"),
        ("1700000000000", "2023-11-14T22:13:20Z"),
        ("20240312091400", "2024-03-12T07:14:00Z"),
        ("42447.5", "2016-03-18T10:00:00Z"),
        ("2024-03-12", "2024-03-12"),
        // The clock skips this hour in Sofia.
        ("2024-03-31 03:30", "2024-03-31T01:30:00Z"),
    ] {
        assert_eq!(
            value(raw, Kind::DateTime, &sofia).as_deref(),
            Some(moment),
            "{raw}"
        );
    }
}

#[test]
fn the_order_of_the_column_decides() {
    let day = with_order(Some(Order::DayFirst));
    let month = with_order(Some(Order::MonthFirst));
    let none = with_order(None);
    assert_eq!(
        value("03/04/2024", Kind::Date, &day).as_deref(),
        Some("2024-04-03")
    );
    assert_eq!(
        value("03/04/2024", Kind::Date, &month).as_deref(),
        Some("2024-03-04")
    );
    assert_eq!(
        value("03/04", Kind::Date, &month).as_deref(),
        Some("--03-04")
    );
    let open = standardise("03/04/2024", Kind::Date, &none, &rules());
    assert_eq!(open.value.as_deref(), Some("03/04/2024"));
    assert_eq!(open.doubts[0].rule, "date_ambiguous");
    let year_first = with_order(Some(Order::YearFirst));
    assert_eq!(
        value("24/03/12", Kind::Date, &year_first).as_deref(),
        Some("2024-03-12")
    );
}

#[test]
fn no_date_is_said_and_kept() {
    let plain = Format::default();
    for (raw, rule) in [
        ("soon", "date_not_readable"),
        ("32/13/2024", "date_not_possible"),
        ("2024-02-30", "date_not_possible"),
        ("31/02/2024", "date_not_possible"),
        ("Mar 24", "date_not_readable"),
        ("12 Foo 2024", "date_not_readable"),
        ("2024-03-12 25:00", "date_not_readable"),
        ("1403/05/12", "date_calendar_unknown"),
        ("12/05/2567", "date_ambiguous"),
        ("13/05/2567", "date_calendar_unknown"),
        ("99999999", "date_not_possible"),
    ] {
        let out = standardise(raw, Kind::DateTime, &plain, &rules());
        assert_eq!(out.value.as_deref(), Some(raw), "{raw}");
        assert_eq!(out.doubts.first().map(|d| d.rule), Some(rule), "{raw}");
    }
}

#[test]
fn placeholder_dates_are_cleared() {
    for raw in [
        "1900-01-01",
        "01/01/1900",
        "0000-00-00",
        "0/0/00",
        "00.00.0000",
        "1970-01-01",
        "1970-01-01T00:00:00Z",
        "0000-00-00 00:00:00",
    ] {
        assert_eq!(
            value(raw, Kind::DateTime, &Format::default()),
            None,
            "{raw}"
        );
    }
    assert!(value("1970-01-01T08:00:00Z", Kind::DateTime, &Format::default()).is_some());
}

#[test]
fn other_calendars_need_the_column() {
    let buddhist = Format {
        calendar: Calendar::Buddhist,
        ..with_order(Some(Order::DayFirst))
    };
    assert_eq!(
        value("12/05/2567", Kind::Date, &buddhist).as_deref(),
        Some("2024-05-12")
    );
    let jalali = Format {
        calendar: Calendar::Jalali,
        ..Format::default()
    };
    assert_eq!(
        value("1403/05/12", Kind::Date, &jalali).as_deref(),
        Some("2024-08-02")
    );
    assert_eq!(
        value("۱۴۰۳/۰۵/۱۲", Kind::Date, &jalali).as_deref(),
        Some("2024-08-02")
    );
    assert_eq!(
        value("2024-05-12", Kind::Date, &jalali).as_deref(),
        Some("2024-05-12")
    );
}

#[test]
fn a_pattern_of_the_plan_is_tried_first() {
    let format = Format {
        pattern: Some("%d|%m|%Y".to_owned()),
        ..Format::default()
    };
    assert_eq!(
        value("03|04|2024", Kind::Date, &format).as_deref(),
        Some("2024-04-03")
    );
    assert_eq!(
        value("2024-03-12", Kind::Date, &format).as_deref(),
        Some("2024-03-12")
    );
}

#[test]
fn parts_are_joined() {
    let (rules, format) = (rules(), Format::default());
    let join = |y, m, d| parts::join(y, m, d, &format, &rules);
    assert_eq!(
        join(Some("1967"), Some("3"), Some("9")).as_deref(),
        Some("1967-03-09")
    );
    assert_eq!(
        join(Some("1967.0"), Some("3.0"), Some("9.0")).as_deref(),
        Some("1967-03-09")
    );
    assert_eq!(
        join(Some("67"), Some("März"), Some("9")).as_deref(),
        Some("1967-03-09")
    );
    assert_eq!(
        join(Some("1967"), Some("3"), None).as_deref(),
        Some("1967-03")
    );
    assert_eq!(join(None, Some("3"), Some("9")).as_deref(), Some("--03-09"));
    assert_eq!(join(Some("1967"), None, Some("9")).as_deref(), Some("1967"));
    assert_eq!(join(Some("1967"), Some("13"), Some("9")), None);
    assert_eq!(join(Some("1967"), Some("2"), Some("30")), None);
}

fn counts(day_first: u64, month_first: u64, open: u64) -> Counts {
    Counts {
        day_first,
        month_first,
        open,
    }
}

#[test]
fn the_order_comes_from_values_then_other_columns_then_custom() {
    let rules = rules();
    let none = Counts::default();
    let customs = |system, source_country, plan_country| Customs {
        system,
        source_country,
        plan_country,
    };
    let nobody = customs(None, None, None);
    for (sign, own, others, custom, order, said, shaky) in [
        (
            '/',
            counts(1, 0, 9),
            none,
            nobody,
            Some(Order::DayFirst),
            false,
            false,
        ),
        (
            '/',
            counts(0, 1, 9),
            counts(5, 0, 0),
            nobody,
            Some(Order::MonthFirst),
            false,
            false,
        ),
        (
            '/',
            counts(1, 40, 9),
            none,
            nobody,
            Some(Order::MonthFirst),
            false,
            false,
        ),
        ('/', counts(1, 4, 9), none, nobody, None, true, true),
        (
            '/',
            counts(1, 4, 9),
            none,
            customs(None, Some("US"), None),
            Some(Order::MonthFirst),
            true,
            true,
        ),
        (
            '/',
            counts(0, 0, 9),
            counts(0, 5, 0),
            customs(None, Some("DE"), None),
            Some(Order::MonthFirst),
            true,
            false,
        ),
        (
            '/',
            counts(0, 0, 9),
            none,
            customs(Some("mailchimp"), Some("DE"), None),
            Some(Order::MonthFirst),
            true,
            false,
        ),
        (
            '/',
            counts(0, 0, 9),
            none,
            customs(None, Some("GB"), Some("US")),
            Some(Order::DayFirst),
            true,
            false,
        ),
        (
            '/',
            counts(0, 0, 9),
            none,
            customs(None, None, Some("US")),
            Some(Order::MonthFirst),
            true,
            false,
        ),
        (
            '.',
            counts(0, 0, 9),
            none,
            customs(None, None, Some("US")),
            Some(Order::DayFirst),
            true,
            false,
        ),
        (
            '/',
            counts(0, 0, 9),
            none,
            customs(None, None, Some("CA")),
            None,
            true,
            false,
        ),
    ] {
        let decision = decide(sign, own, others, custom, &rules);
        assert_eq!(
            (decision.order, !decision.because.is_empty(), decision.shaky),
            (order, said, shaky),
            "{own:?} {custom:?}"
        );
    }
}

#[test]
fn years_prove_a_calendar_only_together() {
    let rules = rules();
    let of = |values: &[&str]| {
        let mut evidence = Evidence::default();
        for value in values {
            if let Some(reading) = parse::read(value, false, &rules) {
                evidence.add(&reading, 1);
            }
        }
        evidence.calendar()
    };
    assert_eq!(
        of(&["12/05/2567", "2566-01-02", "1 ม.ค. 2560"]),
        Calendar::Buddhist
    );
    assert_eq!(of(&["1403/05/12", "1402/01/02"]), Calendar::Jalali);
    assert_eq!(of(&["1403/05/12"]), Calendar::Gregorian);
    assert_eq!(
        of(&["1403/05/12", "2024-01-02", "2024-01-03"]),
        Calendar::Gregorian
    );
}

#[test]
fn month_names_are_twelve_and_mean_one_month() {
    let text = Rulebook::builtin().file("dates.toml").unwrap_or_default();
    let table: toml::Table = toml::from_str(text).unwrap_or_else(|e| panic!("{e}"));
    let mut seen = std::collections::BTreeMap::new();
    for (language, months) in table["months"].as_table().into_iter().flatten() {
        let names = months["names"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(names.len(), 12, "{language}");
        for (at, names) in names.iter().enumerate() {
            for name in names
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|n| n.as_str())
            {
                assert_eq!(name, name.to_lowercase());
                let other = *seen.entry(name.to_owned()).or_insert(at);
                assert_eq!(other, at, "{language} {name}");
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn standardising_twice_changes_nothing(
        value in "\\PC{0,24}|[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}( [0-9]{1,2}:[0-9]{2}( [AP]M)?)?|[0-9]{4,14}|[0-9]{1,2} (Mar|май|mai|Dec) [0-9]{2,4}",
        kind in proptest::sample::select(vec![Kind::Date, Kind::DateTime]),
        order in proptest::sample::select(vec![None, Some(Order::DayFirst), Some(Order::MonthFirst), Some(Order::YearFirst)]),
    ) {
        let (rules, format) = (rules(), with_order(order));
        let once = standardise(&value, kind, &format, &rules);
        if let Some(date) = &once.value {
            let twice = standardise(date, kind, &format, &rules);
            proptest::prop_assert_eq!(twice.value.as_ref(), Some(date), "{:?}", value);
        }
    }
}
