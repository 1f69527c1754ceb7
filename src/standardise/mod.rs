//! Raw values → canonical values, field type by field type; the raw one stays in the audit.

pub mod address;
pub mod coded;
pub mod company;
pub mod consent;
pub mod date;
pub mod domain;
pub mod email;
mod frame;
pub mod identifier;
pub mod job_title;
mod knowledge;
pub mod language;
pub mod law;
pub mod lists;
pub mod mojibake;
pub mod number;
pub mod outcome;
pub mod person;
pub mod phone;
pub mod placeholder;
pub mod script;
pub mod small_words;
pub mod system_id;
pub mod tags;
pub mod text;
pub mod tidy;
pub mod url;
pub mod vocabulary;

use rayon::prelude::*;

use crate::contact::{Diagnostic, Events, Field, FieldType, Records, Table, Violations};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::watch::{Share, Watch};

use coded::Coded;
use frame::columns::{self, Column};
use frame::dates::Parts;
use frame::sheet::Sheet;
use frame::{addresses, consents, dates, junk, people, record_ids, single};
pub use knowledge::Knowledge;
pub use outcome::{Doubt, Outcome};

/// The standardised table: same rows as the records, canonical fields and extra
/// columns, no input-only fields.
#[derive(Clone, Debug, Default)]
pub struct Standardised {
    pub table: Table,
    pub events: Events,
    pub violations: Violations,
    pub diagnostics: Vec<Diagnostic>,
}

/// Standardises every value once per distinct value and context. Events go into a list like
/// `log`, which is empty; the watch is told the share of the columns that is done, in records.
#[must_use]
pub fn standardise(
    records: &Records,
    plan: &Plan,
    rulebook: &Rulebook,
    log: &Events,
    watch: &dyn Watch,
) -> Standardised {
    let knowledge = Knowledge::load(rulebook);
    let fields = rulebook.fields();
    let columns = columns::read(records, fields, &knowledge.placeholders);
    let sources: Vec<u32> = records
        .origin
        .iter()
        .map(|origin| u32::from(origin.source))
        .collect();
    let countries: Vec<Option<String>> = records
        .sources
        .iter()
        .map(|source| source.country.clone().or_else(|| plan.country.clone()))
        .collect();
    let of_types = |kinds: &[FieldType]| -> Vec<&Column<'_>> {
        fields
            .iter()
            .filter(|field| kinds.contains(&field.kind))
            .filter_map(|field| columns.get(field.name.as_str()))
            .collect()
    };
    let date_columns = of_types(&[FieldType::Date, FieldType::DateTime]);
    let singles: Vec<&Column<'_>> = columns
        .values()
        .filter(|column| is_single(column.field))
        .collect();
    let phone_columns = of_types(&[FieldType::Phone]);
    // Addresses and people are several columns each.
    let parts = date_columns.len() + singles.len() + phone_columns.len() + 2 * SEVERAL;
    let share = Share::new(watch, records.rows(), parts);
    let steps = |count: usize| (0..count).for_each(|_| share.step());
    let (formats, readings, diagnostics) =
        dates::formats(&date_columns, records, plan, &knowledge.dates);

    // Fields that don't know of one another, side by side; joined in this order.
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for (column, readings) in date_columns.iter().zip(&readings) {
        let (sources, formats, rules) = (&sources, &formats, &knowledge.dates);
        let share = &share;
        tasks.push(Box::new(move |sheet| {
            dates::standardise(column, sources, formats, readings, rules, sheet);
            share.step();
        }));
    }
    tasks.push(Box::new(|sheet| {
        join_date_parts(&columns, fields, plan, &knowledge, sheet);
    }));
    tasks.push(Box::new(|sheet| {
        let by_row: Vec<Option<&str>> = countries.iter().map(Option::as_deref).collect();
        let by_row = Coded::of_values(&by_row).at(&sources);
        addresses::standardise(&columns, &by_row, &knowledge.addresses, sheet);
        steps(SEVERAL);
    }));
    tasks.push(Box::new(|sheet| {
        let model = person::learn(records, &knowledge.people);
        people::standardise(&columns, &knowledge, &model, sheet);
        if let Some(column) = columns.get("former_family_name") {
            people::former_family(column, &knowledge.people, &model, sheet);
        }
        steps(SEVERAL);
    }));
    for column in singles {
        let (knowledge, share) = (&knowledge, &share);
        tasks.push(Box::new(move |sheet| {
            single::standardise(column, knowledge, sheet);
            share.step();
        }));
    }
    tasks.push(Box::new(|sheet| {
        record_ids::doubt(records, sheet);
        junk::mark(&columns, &knowledge.placeholders, sheet);
    }));
    let mut sheet = side_by_side(&tasks, log);
    drop(tasks);
    drop(readings);

    let channels = consents::channels(fields, &columns, &knowledge, &sheet);
    let tasks: Vec<Task<'_>> = channels
        .iter()
        .map(|channel| -> Task<'_> { Box::new(|sheet| channel.standardise(&knowledge, sheet)) })
        .collect();
    let consents = side_by_side(&tasks, log);
    drop(tasks);
    drop(channels);
    sheet.join(consents);
    // An email that stood in a name tells a phone's region as one of its own column.
    if let Some(field) = fields.get("email") {
        settle_field(field, records.rows(), &knowledge, &mut sheet);
    }
    phones(records, &countries, &phone_columns, &knowledge, &mut sheet);
    steps(phone_columns.len());
    settle(records, &columns, fields, &knowledge, &mut sheet);
    drop(columns);

    let extras = records
        .table
        .iter()
        .filter(|(name, _)| fields.get(name).is_none());
    let canonical = fields
        .iter()
        .filter(|field| !field.input_only)
        .map(|field| field.name.as_str());
    let (table, events, violations) = sheet.into_table(records.rows(), canonical, extras);
    Standardised {
        table,
        events,
        violations,
        diagnostics,
    }
}

/// How many columns a name or an address counts for.
const SEVERAL: usize = 4;

/// Something that fills a sheet of its own.
type Task<'t> = Box<dyn Fn(&mut Sheet) + Sync + Send + 't>;

/// Runs the tasks in parallel; their sheets are joined in the order of the tasks.
fn side_by_side(tasks: &[Task<'_>], log: &Events) -> Sheet {
    let sheets: Vec<Sheet> = tasks
        .par_iter()
        .with_max_len(1)
        .map(|task| {
            let mut sheet = Sheet::new(log.another());
            task(&mut sheet);
            sheet
        })
        .collect();
    Sheet::joined(sheets)
}

type Columns<'a> = std::collections::BTreeMap<&'a str, Column<'a>>;

/// Whether a field's values need nothing but themselves.
fn is_single(field: &Field) -> bool {
    !field.input_only
        && matches!(
            field.kind,
            FieldType::Email
                | FieldType::Company
                | FieldType::Domain
                | FieldType::JobTitle
                | FieldType::Language
                | FieldType::Url
                | FieldType::Vocabulary
                | FieldType::Identifier
                | FieldType::SystemId
                | FieldType::Number
                | FieldType::Tags
                | FieldType::Text
        )
}

fn join_date_parts(
    columns: &Columns<'_>,
    fields: &crate::contact::Fields,
    plan: &Plan,
    knowledge: &Knowledge,
    sheet: &mut Sheet,
) {
    let mut done: Vec<&str> = Vec::new();
    for field in fields.of_type(&FieldType::DatePart) {
        let Some(into) = field.into.as_deref().filter(|into| !done.contains(into)) else {
            continue;
        };
        done.push(into);
        let part = |ending: &str| {
            fields
                .of_type(&FieldType::DatePart)
                .filter(|part| part.into.as_deref() == Some(into) && part.name.ends_with(ending))
                .find_map(|part| columns.get(part.name.as_str()))
        };
        let parts = Parts {
            year: part("year"),
            month: part("month"),
            day: part("day"),
        };
        let format = date::Format {
            run_year: dates::run_year(plan),
            ..date::Format::default()
        };
        parts.join(into, &format, &knowledge.dates, sheet);
    }
}

fn phones(
    records: &Records,
    countries: &[Option<String>],
    columns: &[&Column<'_>],
    knowledge: &Knowledge,
    sheet: &mut Sheet,
) {
    if columns.is_empty() {
        return;
    }
    let sources: Vec<u16> = records.origin.iter().map(|origin| origin.source).collect();
    let country = sheet.columns.get("country").cloned();
    let email = sheet.columns.get("email").cloned();
    let regions = single::regions(country.as_ref(), countries, &sources);
    let of_emails = single::regions_of_emails(email.as_ref(), knowledge);
    let hints = single::hints(&regions, email.as_ref(), &of_emails);
    let tasks: Vec<Task<'_>> = columns
        .iter()
        .map(|column| -> Task<'_> {
            Box::new(|sheet| single::phones(column, &regions, &hints, knowledge, sheet))
        })
        .collect();
    let done = side_by_side(&tasks, &sheet.events);
    sheet.join(done);
}

/// Values of one field that came from other fields.
fn settle_field(field: &Field, rows: usize, knowledge: &Knowledge, sheet: &mut Sheet) {
    sheet.settle(&field.name, field.multi, rows, |value| match field.kind {
        // Found in another cell as it stood there.
        FieldType::Email | FieldType::Company | FieldType::JobTitle => {
            knowledge.single(field, value).value
        }
        _ => Some(value.to_owned()),
    });
}

/// Values that came from other fields, and main values that a further field repeats.
fn settle(
    records: &Records,
    columns: &Columns<'_>,
    fields: &crate::contact::Fields,
    knowledge: &Knowledge,
    sheet: &mut Sheet,
) {
    for field in fields.iter().filter(|field| !field.input_only) {
        settle_field(field, records.rows(), knowledge, sheet);
    }
    for field in fields.iter().filter(|field| field.multi) {
        if !matches!(field.kind, FieldType::Email | FieldType::Phone) {
            continue;
        }
        let mains: Vec<&str> = fields
            .of_type(&field.kind)
            .filter(|main| !main.multi && !main.input_only)
            .map(|main| main.name.as_str())
            .collect();
        let raw = columns.get(field.name.as_str()).map(|column| column.raw);
        sheet.without_mains(&field.name, &mains, raw);
    }
}
