//! Date fields: each source's column decides its order, calendar and zone; then
//! each distinct value once per source.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rayon::prelude::*;

use super::columns::Column;
use super::outcomes;
use super::sheet::Sheet;
use crate::contact::{Diagnostic, FieldType, Records};
use crate::plan::Plan;
use crate::standardise::coded::{Groups, NONE, code};
use crate::standardise::date::order::{Counts, Customs, Evidence, decide};
use crate::standardise::date::parse::{self, Reading};
use crate::standardise::date::{self, DateRules, Format, Kind, Order};
use crate::standardise::outcome::Outcome;

/// The formats of all date columns: (field, source) → format.
pub type Formats = BTreeMap<(String, u16), Format>;

/// What each distinct value of a column says, by its code.
pub type Readings = Vec<Option<Reading>>;

/// Reads all date columns and decides how each source writes each of them; what was
/// read, column by column, comes too.
pub fn formats(
    columns: &[&Column<'_>],
    records: &Records,
    plan: &Plan,
    rules: &DateRules,
) -> (Formats, Vec<Readings>, Vec<Diagnostic>) {
    let (evidence, readings): (Vec<BTreeMap<u16, Evidence>>, Vec<Readings>) = columns
        .par_iter()
        .map(|column| evidence(column, records, rules))
        .unzip();
    let mut formats = Formats::new();
    let mut diagnostics = Vec::new();
    for (source, info) in records.sources.iter().enumerate() {
        let source = u16::try_from(source).unwrap_or(u16::MAX);
        let of_plan = plan.sources.iter().find(|plan| plan.name == info.name);
        let customs = Customs {
            system: info.system.as_deref(),
            source_country: info.country.as_deref(),
            plan_country: plan.country.as_deref(),
        };
        let system_zone = info
            .system
            .as_deref()
            .and_then(|system| rules.zone_of_system(system));
        let zone = of_plan
            .and_then(|plan| plan.timezone.as_deref())
            .or(system_zone)
            .or(plan.timezone.as_deref());
        let forced = of_plan.and_then(|plan| plan.dates.as_deref());
        for (at, column) in columns.iter().enumerate() {
            let Some(own) = evidence[at].get(&source) else {
                continue;
            };
            let mut format = Format {
                calendar: own.calendar(),
                zone: zone
                    .and_then(|name| TimeZone::get(name).ok())
                    .unwrap_or(TimeZone::UTC),
                run_year: run_year(plan),
                ..Format::default()
            };
            if let Some(forced) = forced {
                match Order::parse(forced) {
                    Some(order) => {
                        format.orders = own.orders.keys().map(|&sign| (sign, order)).collect()
                    }
                    None => format.pattern = Some(forced.to_owned()),
                }
            }
            for (&separator, &counts) in &own.orders {
                if format.orders.contains_key(&separator) {
                    continue;
                }
                let others = others(&evidence, at, source, separator);
                let decision = decide(separator, counts, others, customs, rules);
                if let Some(order) = decision.order {
                    format.orders.insert(separator, order);
                }
                if decision.shaky {
                    format.shaky.push(separator);
                }
                if counts.open > 0 && !decision.because.is_empty() {
                    let place = (info.name.as_str(), column.field.name.as_str());
                    diagnostics.push(told(place, counts, decision.order, &decision.because));
                }
            }
            if format.calendar != date::calendar::Calendar::Gregorian {
                diagnostics.push(
                    Diagnostic::info(
                        "dates_other_calendar",
                        format!(
                            "{}: the years of '{}' prove another calendar; its dates were brought to the Gregorian one",
                            info.name, column.field.name
                        ),
                    ),
                );
            }
            formats.insert((column.field.name.clone(), source), format);
        }
    }
    (formats, readings, diagnostics)
}

/// The year of "today".
pub fn run_year(plan: &Plan) -> i16 {
    plan.run_date
        .get(..4)
        .and_then(|year| year.parse().ok())
        .unwrap_or(2026)
}

fn told(
    (source, field): (&str, &str),
    counts: Counts,
    order: Option<Order>,
    because: &str,
) -> Diagnostic {
    let many = counts.open;
    let values = if many == 1 {
        "1 date".to_owned()
    } else {
        format!("{many} dates")
    };
    match order {
        Some(order) => Diagnostic::warning(
            "dates_order_assumed",
            format!("{source}: {values} of '{field}' may be day first or month first; read {} because {because}", order.words()),
        ),
        None => Diagnostic::warning(
            "dates_order_unknown",
            format!("{source}: {values} of '{field}' may be day first or month first and stay as written: {because}"),
        ),
    }
    .hint(format!("Set dates = \"day_first\" or \"month_first\" for the source '{source}' in the plan."))
}

fn others(
    evidence: &[BTreeMap<u16, Evidence>],
    own: usize,
    source: u16,
    separator: char,
) -> Counts {
    let mut sum = Counts::default();
    for (at, by_source) in evidence.iter().enumerate() {
        if at == own {
            continue;
        }
        if let Some(counts) = by_source
            .get(&source)
            .and_then(|evidence| evidence.orders.get(&separator))
        {
            sum.day_first += counts.day_first;
            sum.month_first += counts.month_first;
        }
    }
    sum
}

fn evidence(
    column: &Column<'_>,
    records: &Records,
    rules: &DateRules,
) -> (BTreeMap<u16, Evidence>, Readings) {
    let moments = column.field.kind == FieldType::DateTime;
    let readings: Readings = (0..column.coded.values.len())
        .into_par_iter()
        .with_min_len(256)
        .map(|at| {
            let clean = column.clean_of(code(at))?.value?;
            parse::read(clean, moments, rules)
        })
        .collect();
    let mut evidence: BTreeMap<u16, Evidence> = BTreeMap::new();
    for (origin, &code) in records.origin.iter().zip(&column.coded.codes) {
        if code == NONE {
            continue;
        }
        let of_source = evidence.entry(origin.source).or_default();
        if let Some(Some(reading)) = readings.get(code as usize) {
            of_source.add(reading, 1);
        }
    }
    (evidence, readings)
}

/// Standardises a date or date-time column.
pub fn standardise(
    column: &Column<'_>,
    sources: &[u32],
    formats: &Formats,
    readings: &Readings,
    rules: &DateRules,
    sheet: &mut Sheet,
) {
    let kind = match column.field.kind {
        FieldType::DateTime => Kind::DateTime,
        _ => Kind::Date,
    };
    let by_source: Vec<Option<&Format>> = (0..=u16::MAX)
        .map_while(|source| {
            (u32::from(source) <= sources.iter().copied().max().unwrap_or(0))
                .then(|| formats.get(&(column.field.name.clone(), source)))
        })
        .collect();
    let groups = Groups::of(sources.len(), &[&column.coded.codes], &[sources]);
    let plain = Format::default();
    let results = outcomes(
        groups.first.len(),
        |at| column.coded.get(groups.first[at] as usize),
        |at| {
            let row = groups.first[at] as usize;
            let format = by_source
                .get(sources[row] as usize)
                .copied()
                .flatten()
                .unwrap_or(&plain);
            let code = column.coded.codes[row];
            column.whole(code, |clean| {
                date::standardise_read(clean, kind, format, rules, || {
                    readings.get(code as usize)?.clone()
                })
            })
        },
    );
    sheet.write(
        &column.field.name,
        Some(column.raw),
        &groups.codes,
        &results,
        |_, _| None,
    );
}

/// The parts of a birth date, in columns of their own, joined into `into`.
pub struct Parts<'a> {
    pub year: Option<&'a Column<'a>>,
    pub month: Option<&'a Column<'a>>,
    pub day: Option<&'a Column<'a>>,
}

impl<'a> Parts<'a> {
    /// Writes the joined date to `sheet` as an arrival at `into`; parts that make no
    /// date stay in the audit with a doubt.
    pub fn join(&self, into: &str, format: &Format, rules: &DateRules, sheet: &mut Sheet) {
        let columns: Vec<&Column<'a>> = [self.year, self.month, self.day]
            .into_iter()
            .flatten()
            .collect();
        let Some(first) = columns.first() else { return };
        let rows = first.coded.codes.len();
        let codes: Vec<&[u32]> = columns
            .iter()
            .map(|column| column.coded.codes.as_slice())
            .collect();
        let groups = Groups::of(rows, &codes, &[]);
        let joined: Vec<Option<String>> = groups
            .first
            .par_iter()
            .with_min_len(256)
            .map(|&row| {
                let part = |column: Option<&Column<'_>>| {
                    column
                        .and_then(|column| column.clean(row as usize))
                        .map(str::to_owned)
                };
                let (year, month, day) = (part(self.year), part(self.month), part(self.day));
                date::parts::join(
                    year.as_deref(),
                    month.as_deref(),
                    day.as_deref(),
                    format,
                    rules,
                )
            })
            .collect();
        for column in &columns {
            let results = outcomes(
                groups.first.len(),
                |at| column.coded.get(groups.first[at] as usize),
                |at| {
                    let row = groups.first[at] as usize;
                    if column.clean(row).is_none() || joined[at].is_some() {
                        return Outcome::cleared("date_part_joined", "joined with its other parts");
                    }
                    let raw = column.coded.get(row).unwrap_or("");
                    Outcome::cleared("date_part_unusable", "the parts make no date")
                        .doubt(date::parts::no_date(raw))
                },
            );
            sheet.take_apart(&column.field.name, column.raw, &groups.codes, &results);
        }
        for (row, &group) in groups.codes.iter().enumerate() {
            if let Some(Some(date)) = joined.get(group as usize) {
                let from = columns
                    .iter()
                    .find_map(|column| Some((column.field.name.as_str(), column.coded.get(row)?)));
                let (from, raw) = from.unwrap_or(("", ""));
                sheet.arrive(into, code(row), date, from, raw, "date_part_joined");
            }
        }
    }
}
