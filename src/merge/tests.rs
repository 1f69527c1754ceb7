//! Merging on small made-up records: strategies one by one, the laws over many.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::audit::laws::{self, Facts};
use crate::audit::{Index, replay::Replay};
use crate::contact::{Origin, SourceInfo};
use crate::plan::{Bounds, GatePlan, MatchPlan, OutputPlan};

/// A plan with nothing in it.
pub(crate) fn plan() -> Plan {
    Plan {
        name: "test".into(),
        base: PathBuf::new(),
        country: None,
        timezone: None,
        run_date: "2026-01-01".into(),
        rules: Vec::new(),
        decisions: None,
        sources: Vec::new(),
        matching: MatchPlan::default(),
        merge: Vec::new(),
        gate: GatePlan::default(),
        output: OutputPlan {
            dir: PathBuf::new(),
            csv: true,
            parquet: true,
            guard_formulas: true,
            evidence: true,
            report: true,
        },
        bounds: Bounds::default(),
        threads: None,
    }
}

/// Records of the sources `a` (trust 0.9) and `b` (0.5), `rows` = (source, cells).
pub(crate) fn records(fields: &[&str], rows: &[(u16, Vec<Option<&str>>)]) -> Records {
    let mut table = Table::new(rows.len());
    for (at, name) in fields.iter().enumerate() {
        table.set(name, rows.iter().map(|(_, cells)| cells[at]).collect());
    }
    let source = |name: &str, trust| SourceInfo {
        name: name.into(),
        trust,
        files: vec![format!("{name}.csv")],
        ..SourceInfo::default()
    };
    Records {
        sources: vec![source("a", 0.9), source("b", 0.5)],
        origin: (2_u32..)
            .zip(rows)
            .map(|(line, &(source, _))| Origin {
                source,
                file: 0,
                line,
            })
            .collect(),
        record_id: Some(
            (0..rows.len())
                .map(|at| Some(format!("r{at:04}")))
                .collect(),
        ),
        table,
        ..Records::default()
    }
}

fn linked(cluster: &[u32]) -> Linked {
    Linked {
        cluster: cluster.to_vec(),
        probability: vec![0.9; cluster.len()],
        ..Linked::default()
    }
}

/// Merges all rows into one and gives the golden value of `field`.
fn golden(field: &str, fields: &[&str], rows: &[(u16, Vec<Option<&str>>)]) -> Option<String> {
    let records = records(fields, rows);
    let rulebook = Rulebook::builtin();
    let linked = linked(&vec![0; rows.len()]);
    let merged = merge(MergeInput {
        records: &records,
        table: &records.table,
        held: &BTreeMap::new(),
        linked: &linked,
        plan: &plan(),
        rulebook: &rulebook,
        previous: None,
        watch: &crate::watch::Silent,
    })
    .expect("the built-in rules parse");
    assert_laws(
        &records,
        &records.table,
        &BTreeMap::new(),
        &merged,
        &Events::new(),
    );
    merged.golden.get(field, 0).map(str::to_owned)
}

fn assert_laws(
    records: &Records,
    table: &Table,
    held: &BTreeMap<u32, Held>,
    merged: &Merged,
    before: &Events,
) {
    assert_laws_after(records, table, held, merged, before, None);
}

fn assert_laws_after(
    records: &Records,
    table: &Table,
    held: &BTreeMap<u32, Held>,
    merged: &Merged,
    before: &Events,
    previous: Option<&PreviousXref>,
) {
    let mut events = before.clone();
    events.append(&merged.events);
    crate::audit::tell_held(held, &mut events);
    let rulebook = Rulebook::builtin();
    let facts = Facts {
        records,
        table,
        held,
        merged,
        events: &events,
        rulebook: &rulebook,
        previous,
    };
    if let Err(failure) = laws::check(facts, &crate::watch::Silent) {
        panic!("{:#?}", failure.diagnostics);
    }
    let index = Index::of(&events);
    let replay = Replay::new(records, &events, &index).expect("replays");
    let again = replay.golden_table(&rulebook);
    assert_eq!(again.names(), merged.golden.names());
    for (name, column) in merged.golden.iter() {
        let cells: Vec<_> = column.iter().collect();
        let replayed: Vec<_> = again.column(name).expect("is there").iter().collect();
        assert_eq!(cells, replayed, "{name}");
    }
}

#[test]
fn the_most_recent_value_wins_and_the_losing_phone_is_kept() {
    let fields = ["phone", "other_phones", "updated_at"];
    let rows = [
        (0, vec![Some("+1"), None, Some("2020-01-01")]),
        (
            1,
            vec![Some("+2"), Some("+3"), Some("2024-01-01T10:00:00Z")],
        ),
    ];
    assert_eq!(golden("phone", &fields, &rows).as_deref(), Some("+2"));
    assert_eq!(
        golden("other_phones", &fields, &rows).as_deref(),
        Some("+3;+1")
    );
}

#[test]
fn a_number_stands_once_and_with_its_country_code() {
    let fields = ["phone", "mobile", "other_phones", "updated_at"];
    let old = Some("2020-01-01");
    let new = Some("2024-01-01");
    let full = Some("+16029618371");
    let bare = Some("6029618371");
    let rows = [
        (0, vec![full, None, None, old]),
        (1, vec![bare, None, None, new]),
    ];
    assert_eq!(golden("phone", &fields, &rows).as_deref(), full);
    assert_eq!(golden("other_phones", &fields, &rows), None);
    // The mobile says it; the phone is the next number, of a single record none.
    let rows = [
        (0, vec![bare, full, None, old]),
        (1, vec![Some("+13035550100"), None, bare, None]),
    ];
    assert_eq!(golden("mobile", &fields, &rows).as_deref(), full);
    assert_eq!(
        golden("phone", &fields, &rows).as_deref(),
        Some("+13035550100")
    );
    assert_eq!(golden("other_phones", &fields, &rows), None);
    assert_eq!(golden("phone", &fields, &rows[..1]), None);
    // The full form may stand in another field.
    let rows = [(0, vec![bare, None, Some("+16029618371;+12"), old])];
    assert_eq!(golden("phone", &fields, &rows).as_deref(), full);
    assert_eq!(
        golden("other_phones", &fields, &rows).as_deref(),
        Some("+12")
    );
}

#[test]
fn a_number_that_stands_twice_is_lost_with_a_reason() {
    let records = records(
        &["phone", "mobile"],
        &[(0, vec![Some("6029618371"), Some("+16029618371")])],
    );
    let merged = merge(MergeInput {
        records: &records,
        table: &records.table,
        held: &BTreeMap::new(),
        linked: &linked(&[0]),
        plan: &plan(),
        rulebook: &Rulebook::builtin(),
        previous: None,
        watch: &crate::watch::Silent,
    })
    .expect("the built-in rules parse");
    let lost = merged.events.iter().find(|e| e.kind == EventKind::Lost);
    assert_eq!(
        lost.map(|e| (e.field, e.rule, e.reason)),
        Some((
            "phone",
            "same_number",
            "the golden record has the same number already"
        ))
    );
}

/// The country stands in another record of the person than the number.
#[test]
fn a_national_number_takes_the_code_of_the_golden_country() {
    let fields = ["phone", "other_phones", "country"];
    for (phone, country, want) in [
        ("3037465433", "US", "+13037465433"),
        ("13037465433", "US", "+13037465433"),
        ("3037465433 ext 12", "US", "+13037465433 ext 12"),
        ("030901820", "DE", "+4930901820"),
        // Valid there, and not written as people there write it.
        ("4155550100", "DE", "4155550100"),
        ("+13037465433", "DE", "+13037465433"),
        ("12345", "US", "12345"),
    ] {
        let rows = [
            (0, vec![Some(phone), None, None]),
            (1, vec![None, None, Some(country)]),
        ];
        assert_eq!(golden("phone", &fields, &rows).as_deref(), Some(want));
        let alone = golden("phone", &fields, &rows[..1]);
        assert_eq!(alone.as_deref(), Some(phone), "no record tells a country");
        let rows = [
            (0, vec![Some("+4930901821"), Some(phone), None]),
            (1, vec![None, None, Some(country)]),
        ];
        assert_eq!(
            golden("other_phones", &fields, &rows).as_deref(),
            Some(want)
        );
    }
}

#[test]
fn the_code_of_the_golden_country_is_in_the_audit() {
    let records = records(
        &["phone", "country"],
        &[
            (0, vec![Some("3037465433"), None]),
            (1, vec![None, Some("US")]),
        ],
    );
    let merged = merge(MergeInput {
        records: &records,
        table: &records.table,
        held: &BTreeMap::new(),
        linked: &linked(&[0, 0]),
        plan: &plan(),
        rulebook: &Rulebook::builtin(),
        previous: None,
        watch: &crate::watch::Silent,
    })
    .expect("the built-in rules parse");
    let told: Vec<_> = merged
        .events
        .iter()
        .filter(|e| e.field == "phone")
        .map(|e| (e.kind, e.before, e.after, e.rule, e.reason))
        .collect();
    let reason = "its country code is that of the golden record's country";
    let rule = "phone_region_from_golden";
    let (short, long) = (Some("3037465433"), Some("+13037465433"));
    assert_eq!(
        told,
        [
            (EventKind::Survived, None, long, rule, reason),
            (EventKind::Lost, short, long, rule, reason),
        ]
    );
}

#[test]
fn the_golden_email_is_not_among_the_others() {
    let fields = ["email", "other_emails", "updated_at"];
    let rows = [
        (
            0,
            vec![
                Some("annlee@gmail.com"),
                Some("Ann.Lee@gmail.com;b@x.com"),
                Some("2024-01-01"),
            ],
        ),
        (1, vec![Some("ann.lee+news@gmail.com"), None, None]),
    ];
    assert_eq!(
        golden("other_emails", &fields, &rows).as_deref(),
        Some("b@x.com")
    );
    assert_eq!(
        golden("other_emails", &fields, &rows[..1]).as_deref(),
        Some("b@x.com")
    );
}

#[test]
fn both_halves_of_a_name_come_from_one_record_that_has_it_whole() {
    let fields = ["given_name", "family_name", "updated_at"];
    let row = |given, family, date| (0, vec![Some(given), Some(family), Some(date)]);
    let rows = [
        row("Marta", "Keller", "2024-01-01"),
        row("Mette", "Olsen", "2020-01-01"),
        row("Mette", "Olsen", "2021-01-01"),
    ];
    assert_eq!(
        golden("family_name", &fields, &rows).as_deref(),
        Some("Keller")
    );
    assert_eq!(
        golden("given_name", &fields, &rows).as_deref(),
        Some("Marta")
    );
    // An initial beside the golden family name is no whole name.
    let rows = [
        row("M.", "Keller", "2024-01-01"),
        row("Mette", "Olsen", "2020-01-01"),
    ];
    assert_eq!(
        golden("given_name", &fields, &rows).as_deref(),
        Some("Mette")
    );
}

#[test]
fn without_dates_the_trusted_source_wins() {
    let rows = [(1, vec![Some("Old Ltd")]), (0, vec![Some("New Ltd")])];
    assert_eq!(
        golden("company", &["company"], &rows).as_deref(),
        Some("New Ltd")
    );
}

#[test]
fn an_opt_out_wins_over_every_later_yes() {
    let fields = ["email_opt_out", "updated_at"];
    let rows = [
        (0, vec![Some("true"), Some("2010-01-01")]),
        (1, vec![Some("false"), Some("2024-01-01")]),
    ];
    assert_eq!(
        golden("email_opt_out", &fields, &rows).as_deref(),
        Some("true")
    );
}

#[test]
fn an_address_comes_whole_from_one_record() {
    let fields = ["street", "city", "postcode", "country", "updated_at"];
    let rows = [
        (
            0,
            vec![
                Some("1 Elm St"),
                Some("Denver"),
                None,
                None,
                Some("2020-01-01"),
            ],
        ),
        (
            1,
            vec![
                None,
                Some("Boulder"),
                Some("80301"),
                Some("US"),
                Some("2024-01-01"),
            ],
        ),
    ];
    assert_eq!(golden("street", &fields, &rows), None);
    assert_eq!(golden("city", &fields, &rows).as_deref(), Some("Boulder"));
}

#[test]
fn a_missing_country_is_filled_where_all_agree() {
    let fields = ["street", "city", "country"];
    let rows = [
        (0, vec![Some("1 Elm St"), Some("Denver"), None]),
        (1, vec![None, None, Some("US")]),
    ];
    assert_eq!(golden("country", &fields, &rows).as_deref(), Some("US"));
}

#[test]
fn an_address_votes_against_a_slip_in_the_name() {
    let fields = ["family_name", "email", "updated_at"];
    let rows = [
        (0, vec![Some("Turnre"), None, Some("2024-01-01")]),
        (
            1,
            vec![Some("Turner"), Some("turner.r@x.com"), Some("2020-01-01")],
        ),
    ];
    assert_eq!(
        golden("family_name", &fields, &rows).as_deref(),
        Some("Turner")
    );
}

#[test]
fn a_really_different_family_name_is_the_recent_one() {
    let fields = ["family_name", "updated_at"];
    let rows = [
        (0, vec![Some("Wilson"), Some("2020-01-01")]),
        (0, vec![Some("Wilson"), Some("2021-01-01")]),
        (1, vec![Some("Brown"), Some("2024-01-01")]),
    ];
    assert_eq!(
        golden("family_name", &fields, &rows).as_deref(),
        Some("Brown")
    );
}

#[test]
fn a_job_title_belongs_to_the_golden_company() {
    let fields = ["company", "job_title", "updated_at"];
    let rows = [
        (0, vec![Some("Old"), Some("Clerk"), Some("2022-01-01")]),
        (0, vec![Some("New"), Some("Boss"), Some("2020-01-01")]),
        (1, vec![Some("New"), None, Some("2024-01-01")]),
    ];
    assert_eq!(golden("job_title", &fields, &rows).as_deref(), Some("Boss"));
}

#[test]
fn created_is_the_earliest_and_updated_the_latest() {
    let fields = ["created_at", "updated_at"];
    let rows = [
        (0, vec![Some("2020-01-01"), Some("2020-06-01T00:00:00Z")]),
        (1, vec![Some("2019-01-01T01:00:00Z"), Some("2021-06-01")]),
    ];
    assert_eq!(
        golden("created_at", &fields, &rows).as_deref(),
        Some("2019-01-01T01:00:00Z")
    );
    assert_eq!(
        golden("updated_at", &fields, &rows).as_deref(),
        Some("2021-06-01")
    );
}

#[test]
fn an_opt_out_of_a_held_record_counts_for_its_address() {
    let fields = ["email", "email_opt_out"];
    let rows = [
        (0, vec![Some("x@x.com"), Some("true")]),
        (1, vec![Some("x@x.com"), Some("false")]),
    ];
    let records = records(&fields, &rows);
    let held = BTreeMap::from([(
        0,
        Held {
            rule: "r".into(),
            reason: "why".into(),
            raw: None,
        },
    )]);
    let linked = linked(&[0, 1]);
    let merged = merge(MergeInput {
        records: &records,
        table: &records.table,
        held: &held,
        linked: &linked,
        plan: &plan(),
        rulebook: &Rulebook::builtin(),
        previous: None,
        watch: &crate::watch::Silent,
    })
    .expect("the built-in rules parse");
    assert_eq!(merged.golden.get("email_opt_out", 0), Some("true"));
    assert_laws(&records, &records.table, &held, &merged, &Events::new());
}

const FIELDS: [&str; 16] = [
    "given_name",
    "family_name",
    "email",
    "other_emails",
    "phone",
    "mobile",
    "other_phones",
    "company",
    "job_title",
    "street",
    "city",
    "country",
    "email_opt_out",
    "tags",
    "updated_at",
    "a:Extra",
];

/// A messy cell for a field: few distinct values, so that records clash and agree.
fn cell(field: usize) -> BoxedStrategy<Option<String>> {
    let values: &'static [&'static str] = match FIELDS[field] {
        "given_name" => &["ANN", "Ann", "A.", "Анна", "=cmd", "N/A"],
        "family_name" => &["Li", "Lee", "Brown", "BROWN", "Bronw"],
        "email" => &[
            "ann@x.com",
            "Ann+b@x.com",
            "lee@x.com",
            "INFO@x.com",
            "brown.a@y.org",
        ],
        "other_emails" | "tags" => &["a;b", "b; c", "ann@x.com", "c"],
        "email_opt_out" => &["true", "false"],
        "updated_at" => &["2020-01-01", "2021-05-05T10:00:00Z", "not a date"],
        "country" => &["US", "DE"],
        "phone" | "mobile" => &["+16029618371", "6029618371", "+13035550100", "N/A"],
        "other_phones" => &["6029618371;+1", "+13035550100; +16029618371 ext 1", "N/A"],
        _ => &["One", "Two", "N/A", "three"],
    };
    proptest::option::weighted(0.7, prop::sample::select(values).prop_map(str::to_owned)).boxed()
}

pub(crate) type Row = (u16, u32, bool, Vec<Option<String>>);

pub(crate) fn row() -> impl Strategy<Value = Row> {
    let cells: Vec<_> = (0..FIELDS.len()).map(cell).collect();
    (0..2_u16, 0..6_u32, prop::bool::weighted(0.1), cells)
}

/// What a standardiser does: lower case for emails, `N/A` taken out, with events.
fn standardised(records: &Records) -> (Table, Events) {
    let mut table = records.table.clone();
    let mut events = Events::new();
    for (name, column) in records.table.iter() {
        let mut builder = crate::contact::TextBuilder::with_capacity(column.len());
        for (row, value) in (0_u32..).zip(column.iter()) {
            let after = match value {
                Some("N/A") => None,
                Some(value) if name == "email" => Some(value.to_lowercase()),
                value => value.map(str::to_owned),
            };
            if value != after.as_deref() {
                events.push(Event {
                    stage: Stage::Standardise,
                    kind: if after.is_some() {
                        EventKind::Standardised
                    } else {
                        EventKind::Cleared
                    },
                    record: Some(row),
                    field: name,
                    before: value,
                    after: after.as_deref(),
                    rule: "test",
                    ..Event::default()
                });
            }
            builder.push(after);
        }
        table.set(name, builder.finish());
    }
    (table, events)
}

/// Everything that the merge takes, and the events so far.
pub(crate) struct World {
    pub records: Records,
    pub table: Table,
    pub events: Events,
    pub held: BTreeMap<u32, Held>,
    pub linked: Linked,
}

pub(crate) fn world(mut rows: Vec<Row>) -> World {
    rows.sort_by_key(|row| row.0);
    let cells: Vec<(u16, Vec<Option<&str>>)> = rows
        .iter()
        .map(|(source, _, _, cells)| (*source, cells.iter().map(Option::as_deref).collect()))
        .collect();
    let records = records(&FIELDS, &cells);
    let held: BTreeMap<u32, Held> = (0_u32..)
        .zip(&rows)
        .filter(|(_, row)| row.2)
        .map(|(at, _)| {
            (
                at,
                Held {
                    rule: "r".into(),
                    reason: "why".into(),
                    raw: None,
                },
            )
        })
        .collect();
    let cluster: Vec<u32> = rows
        .iter()
        .map(|row| {
            let first = rows.iter().position(|other| other.1 == row.1);
            u32::try_from(first.unwrap_or(0)).unwrap_or(0)
        })
        .collect();
    let (table, events) = standardised(&records);
    let linked = linked(&cluster);
    World {
        records,
        table,
        events,
        held,
        linked,
    }
}

pub(crate) fn merged(world: &World, previous: Option<&PreviousXref>) -> Merged {
    merge(MergeInput {
        records: &world.records,
        table: &world.table,
        held: &world.held,
        linked: &world.linked,
        plan: &plan(),
        rulebook: &Rulebook::builtin(),
        previous,
        watch: &crate::watch::Silent,
    })
    .expect("the built-in rules parse")
}

fn xref(world: &World, merged: &Merged) -> PreviousXref {
    let rows = world.records.rows();
    let mut table = Table::new(rows);
    let source = |row: usize| Some(world.records.source(row).name.clone());
    let id = |row: usize| merged.golden_of[row].map(|at| merged.golden_ids[at as usize].clone());
    table.set("source", (0..rows).map(source).collect());
    table.set(
        "record_id",
        (0..rows)
            .map(|row| Some(world.records.id(row).to_owned()))
            .collect(),
    );
    table.set("golden_id", (0..rows).map(id).collect());
    PreviousXref::new(table).expect("has the columns")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_over_messy_records(rows in prop::collection::vec(row(), 0..24)) {
        let world = world(rows);
        let merged = merged(&world, None);
        assert_laws(&world.records, &world.table, &world.held, &merged, &world.events);
    }

    #[test]
    fn a_second_run_keeps_every_id_and_value(rows in prop::collection::vec(row(), 0..24)) {
        let world = world(rows);
        let first = merged(&world, None);
        let second = merged(&world, Some(&xref(&world, &first)));
        prop_assert_eq!(&first.golden_ids, &second.golden_ids);
        for (name, column) in first.golden.iter() {
            let again = second.golden.column(name).expect("is there");
            prop_assert!(column.iter().eq(again.iter()), "{}", name);
        }
        let changed = second.events.iter().filter(|event| {
            event.kind == EventKind::GoldenId && event.rule != RULE_KEPT
        });
        prop_assert_eq!(changed.count(), 0);
    }

    #[test]
    fn ids_stay_unique_and_laws_hold_when_clusters_change(
        rows in prop::collection::vec(row(), 1..24),
        turn in 1..5_u32,
    ) {
        let before = world(rows.clone());
        let first = merged(&before, None);
        let moved = rows
            .into_iter()
            .map(|(source, cluster, held, cells)| (source, (cluster * turn + 1) % 6, held, cells))
            .collect();
        let after = world(moved);
        let earlier = xref(&before, &first);
        let second = merged(&after, Some(&earlier));
        let (records, held) = (&after.records, &after.held);
        assert_laws_after(records, &after.table, held, &second, &after.events, Some(&earlier));
    }

    #[test]
    fn the_thread_count_does_not_matter(rows in prop::collection::vec(row(), 0..24)) {
        let world = world(rows);
        let run = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("threads start")
                .install(|| merged(&world, None))
        };
        let (one, four) = (run(1), run(4));
        prop_assert_eq!(one.events.len(), four.events.len());
        prop_assert!(one.events.iter().eq(four.events.iter()));
        for (name, column) in one.golden.iter() {
            let other = four.golden.column(name).expect("is there");
            prop_assert!(column.iter().eq(other.iter()), "{}", name);
        }
    }
}
