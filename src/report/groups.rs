//! The groups worth a look, each with its waterfall of evidence and its records side by
//! side.

use askama::Template;

use super::facts::Facts;
use super::figures::{At, Bits, clean, counted, listed, probability};
use super::sample::{Group, Pair};

/// Bits at which a waterfall is cut.
const FARTHEST: f64 = 40.0;
/// Records that stand side by side.
const COLUMNS: usize = 6;

#[derive(Debug, Template)]
#[template(path = "groups.html")]
pub struct Groups {
    doubtful: Vec<Card>,
    largest: Vec<Card>,
    apart: Vec<Card>,
}

/// A group or a pair, to be opened.
#[derive(Debug)]
struct Card {
    title: String,
    golden_id: Option<String>,
    facts: String,
    waterfalls: Vec<Waterfall>,
    columns: Vec<Column>,
    /// Records beyond the columns.
    more: usize,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Waterfall {
    title: &'static str,
    left: String,
    right: String,
    steps: Vec<Step>,
    /// Where nothing speaks for either.
    zero: At,
    weight: Bits,
    probability: String,
}

#[derive(Debug)]
struct Step {
    name: String,
    level: String,
    /// What both records have, where they have something.
    values: Vec<String>,
    bits: Bits,
    sum: Bits,
    speaks: &'static str,
    x: At,
    width: At,
}

/// A record, or the golden one.
#[derive(Debug)]
struct Column {
    source: String,
    id: String,
    golden: bool,
}

#[derive(Debug)]
struct Row {
    field: String,
    cells: Vec<Cell>,
}

#[derive(Debug)]
struct Cell {
    value: Option<String>,
    differs: bool,
}

impl Groups {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let samples = facts.samples;
        Self {
            doubtful: samples
                .doubtful
                .iter()
                .filter_map(|group| card(facts, group))
                .collect(),
            largest: samples
                .largest
                .iter()
                .filter_map(|group| card(facts, group))
                .collect(),
            apart: samples
                .apart
                .iter()
                .map(|pair| apart(facts, pair))
                .collect(),
        }
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.doubtful.is_empty() && self.largest.is_empty() && self.apart.is_empty()
    }
}

fn card(facts: &Facts<'_>, group: &Group) -> Option<Card> {
    let golden = facts.run.merged.golden_of[*group.rows.first()? as usize]? as usize;
    let person = facts.person(golden);
    let sources: Vec<String> = facts
        .sources_of(golden)
        .map(|at| facts.source(usize::from(at)))
        .collect();
    // The pair that the group hangs on comes first.
    let mut rows: Vec<u32> = group
        .hangs_on
        .iter()
        .chain(&group.least_alike)
        .flat_map(|pair| [pair.left, pair.right])
        .collect();
    let mut seen = Vec::new();
    rows.retain(|row| {
        let new = !seen.contains(row);
        seen.push(*row);
        new
    });
    rows.extend(
        group
            .rows
            .iter()
            .filter(|row| !rows.contains(*row))
            .copied()
            .collect::<Vec<_>>(),
    );
    let more = rows.len().saturating_sub(COLUMNS);
    rows.truncate(COLUMNS);
    Some(Card {
        title: person.name,
        golden_id: Some(person.golden_id),
        facts: format!(
            "{} of {} · confidence {}",
            counted(group.rows.len() as u64, "record", "records"),
            listed(&sources),
            probability(group.probability)
        ),
        waterfalls: [
            (
                if group.hangs_on.as_ref().is_some_and(|pair| pair.decided) {
                    "What holds it together is a decision, whatever the evidence says"
                } else {
                    "What holds it together, at its weakest link"
                },
                &group.hangs_on,
            ),
            ("The two that look least like one", &group.least_alike),
        ]
        .into_iter()
        .filter_map(|(title, pair)| Some(waterfall(facts, title, pair.as_ref()?)))
        .collect(),
        columns: columns(facts, &rows, true),
        more,
        rows: side_by_side(facts, &rows, Some(golden)),
    })
}

fn apart(facts: &Facts<'_>, pair: &Pair) -> Card {
    let rows = [pair.left, pair.right];
    let [one, other] = rows.map(|row| facts.rules.name_of(facts.run.table, row as usize));
    let [left, right] = rows.map(|row| source_of(facts, row));
    Card {
        title: if one == other {
            one
        } else {
            format!("{one} / {other}")
        },
        golden_id: None,
        facts: format!(
            "{} · probability {}",
            if left == right {
                format!("two records of {left}")
            } else {
                format!("{left} and {right}")
            },
            probability(pair.probability)
        ),
        waterfalls: vec![waterfall(facts, "What speaks for and against", pair)],
        columns: columns(facts, &rows, false),
        more: 0,
        rows: side_by_side(facts, &rows, None),
    }
}

fn source_of(facts: &Facts<'_>, row: u32) -> String {
    let source = facts.run.records.origin[row as usize].source;
    facts.source(usize::from(source))
}

fn columns(facts: &Facts<'_>, rows: &[u32], golden: bool) -> Vec<Column> {
    let own = golden.then(|| Column {
        source: "golden".to_owned(),
        id: String::new(),
        golden: true,
    });
    let records = rows.iter().map(|&row| Column {
        source: source_of(facts, row),
        id: clean(facts.run.records.id(row as usize)).into_owned(),
        golden: false,
    });
    own.into_iter().chain(records).collect()
}

/// Every field that one of the records has. A value is marked where it is not the golden
/// one, or, without a golden record, not the first one's.
fn side_by_side(facts: &Facts<'_>, rows: &[u32], golden: Option<usize>) -> Vec<Row> {
    let fields = facts.run.rulebook.fields();
    let shown = fields
        .iter()
        .filter(|field| !field.input_only && !facts.rules.hidden.contains(&field.name));
    shown
        .filter_map(|field| {
            let column = facts.column(&field.name)?;
            let values: Vec<Option<&str>> =
                rows.iter().map(|&row| column.get(row as usize)).collect();
            if values.iter().all(Option::is_none) {
                return None;
            }
            let own = match golden {
                Some(golden) => facts.run.merged.golden.get(&field.name, golden),
                None => values.first().copied().flatten(),
            };
            let shown = |value: Option<&str>, differs: bool| Cell {
                value: value.map(|value| {
                    let label = field.vocabulary.is_some();
                    if label {
                        facts.rules.label(value)
                    } else {
                        clean(value).into_owned()
                    }
                }),
                differs,
            };
            let differs = |value: Option<&str>| match (golden, own) {
                (None, None) => false,
                _ => value.is_some() && value != own,
            };
            let first = golden.is_some().then(|| shown(own, false));
            Some(Row {
                field: facts.rules.label(&field.name),
                cells: first
                    .into_iter()
                    .chain(values.iter().map(|value| shown(*value, differs(*value))))
                    .collect(),
            })
        })
        .collect()
}

/// The values of both records that a comparison looked at; one, where they are the same.
fn both(facts: &Facts<'_>, pair: &Pair, comparison: &str) -> Vec<String> {
    let fields = facts.compared.get(comparison);
    let mut values: Vec<String> = [pair.left, pair.right]
        .iter()
        .map(|&row| {
            let filled = fields.into_iter().flatten();
            let filled: Vec<_> = filled
                .filter_map(|field| facts.run.table.get(field, row as usize))
                .map(clean)
                .collect();
            filled.join(", ")
        })
        .collect();
    if values.iter().all(String::is_empty) {
        return Vec::new();
    }
    values.dedup();
    values
}

fn waterfall(facts: &Facts<'_>, title: &'static str, pair: &Pair) -> Waterfall {
    let mut sums = vec![0.0_f64];
    for piece in &pair.evidence {
        sums.push(sums[sums.len() - 1] + piece.bits);
    }
    let (low, high) = sums.iter().fold((0.0_f64, 0.0_f64), |(low, high), sum| {
        (low.min(*sum), high.max(*sum))
    });
    // What rules a pair out would leave nothing to see of the rest.
    let (low, high) = (low.max(-FARTHEST), high.min(FARTHEST));
    let place = |bits: f64| At::on(bits, low - 0.5, high + 0.5);
    let steps = pair
        .evidence
        .iter()
        .zip(sums.windows(2))
        .map(|(piece, ends)| {
            let (from, to) = (place(ends[0].min(ends[1])), place(ends[0].max(ends[1])));
            let prior = piece.level.is_empty();
            Step {
                name: if prior {
                    "Any two records".to_owned()
                } else {
                    facts.rules.label(&piece.comparison)
                },
                level: if prior {
                    "before anything is compared".to_owned()
                } else {
                    clean(&piece.level).into_owned()
                },
                values: both(facts, pair, &piece.comparison),
                bits: Bits(piece.bits),
                sum: Bits(ends[1]),
                speaks: match piece.bits {
                    b if b > 0.05 => "for",
                    b if b < -0.05 => "against",
                    _ => "neither",
                },
                x: from,
                width: At((to.0 - from.0).max(0.4)),
            }
        });
    let name = |row: u32| {
        let id = clean(facts.run.records.id(row as usize)).into_owned();
        format!("{} {id}", source_of(facts, row))
    };
    Waterfall {
        title,
        left: name(pair.left),
        right: name(pair.right),
        steps: steps.collect(),
        zero: place(0.0),
        weight: Bits(f64::from(pair.weight)),
        probability: probability(pair.probability).to_owned(),
    }
}
