//! `[[source]]`, one by one and against each other.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::{Check, value};
use crate::contact::diagnostic::{nearest, shown};
use crate::plan::checked::{ReadingPlan, SourcePlan};
use crate::plan::written::{At, InputFormat, OneOrMany, Source};
use crate::plan::{files, known};

/// A checked source, and the place of its `path`.
pub type Located = (SourcePlan, Range<usize>);

impl Check<'_> {
    pub fn sources(&mut self, written: Vec<At<Source>>) -> Vec<Located> {
        if written.is_empty() && !self.faults.refused(0, "source") {
            self.faults
                .fault(0..0, "plan_no_source", "the plan names no source")
                .hint(
                    "add a [[source]] with name and path, or draft a plan with `karat init FILES…`",
                );
        }
        let mut sources: Vec<Located> = Vec::new();
        let mut stdin: Option<String> = None;
        for source in &written {
            let header = source.span();
            let written = source.get();
            let name = self.source_name(written, header.clone(), &sources);
            let (path, path_span, files) = self.path(written, header);
            if path == "-" {
                if let Some(other) = &stdin {
                    self.faults.fault(
                        path_span.clone(),
                        "plan_stdin_twice",
                        format!("source '{other}' reads standard input already"),
                    );
                }
                stdin.get_or_insert_with(|| name.clone());
            }
            self.shared_files(&name, &files, path_span.clone(), &sources);
            let plan = self.source(written, name, path, files);
            sources.push((plan, path_span));
        }
        sources
    }

    fn source(
        &mut self,
        written: &Source,
        name: String,
        path: String,
        files: Vec<PathBuf>,
    ) -> SourcePlan {
        let columns = self.columns(written);
        let map = self.map(written, columns.as_deref());
        let constants = self.constants(written, &map);
        if let (Some(id), Some(columns)) = (&written.id, &columns) {
            self.header_in(id, columns);
        }
        SourcePlan {
            name,
            path,
            files,
            system: self.system(written.system.as_ref()),
            trust: value(&written.trust).unwrap_or(0.5),
            id: self.text(written.id.as_ref(), "id"),
            map,
            constants,
            columns,
            country: self.country_at(written.country.as_ref()),
            timezone: self.timezone(written.timezone.as_ref()),
            reading: self.reading(written),
            dates: self.dates(written.dates.as_ref()),
        }
    }

    /// A source's name stands in file names and results: it must be one.
    fn source_name(
        &mut self,
        written: &Source,
        header: Range<usize>,
        before: &[Located],
    ) -> String {
        let Some(name) = &written.name else {
            if !self.faults.refused(header.start, "name") {
                self.faults
                    .fault(header, "plan_source_unnamed", "this source has no name")
                    .hint("add name = \"…\": it stands in every result");
            }
            return format!("source {}", before.len() + 1);
        };
        let text = name.get();
        let fit = !text.is_empty()
            && text.chars().count() <= 64
            && text.trim() == text
            && !text.starts_with('.')
            && !text
                .chars()
                .any(|c| c.is_control() || "/\\:*?\"<>|,;".contains(c));
        if !fit {
            self.faults
                .fault(
                    name.span(),
                    "plan_source_name",
                    format!("{} can't be a source's name", shown(text)),
                )
                .hint("it becomes a file name: up to 64 letters, digits, spaces, '-', '_' and '.'");
        }
        // Some file systems don't tell capitals from small letters.
        let twin = before
            .iter()
            .find(|(other, _)| other.name.to_lowercase() == text.to_lowercase());
        if let Some((other, _)) = twin {
            self.faults
                .fault(
                    name.span(),
                    "plan_source_twice",
                    format!("there is a source '{}' already", other.name),
                )
                .hint("give each source a name of its own; several files of one system can be one source with a pattern as its path");
        }
        text.clone()
    }

    fn path(
        &mut self,
        written: &Source,
        header: Range<usize>,
    ) -> (String, Range<usize>, Vec<PathBuf>) {
        let Some(path) = &written.path else {
            if !self.faults.refused(header.start, "path") {
                self.faults
                    .fault(
                        header.clone(),
                        "plan_source_without_path",
                        "this source has no path",
                    )
                    .hint("add path = \"…\": a file, or a pattern such as \"exports/*.csv\"");
            }
            return (String::new(), header, Vec::new());
        };
        let (text, span) = (path.get().clone(), path.span());
        match files::find(self.base, &text) {
            Ok(files) => (text, span, files),
            Err(error) => {
                if error.of_plan {
                    self.faults.fault(span.clone(), error.code, error.message);
                } else {
                    self.faults.input(span.clone(), error.code, error.message);
                }
                if let Some(hint) = error.hint {
                    self.faults.hint(hint);
                }
                (text, span, Vec::new())
            }
        }
    }

    fn shared_files(
        &mut self,
        name: &str,
        files: &[PathBuf],
        span: Range<usize>,
        before: &[Located],
    ) {
        for (other, _) in before {
            if let Some(file) = files.iter().find(|file| other.files.contains(file))
                && file.as_os_str() != "-"
            {
                self.faults
                    .warning(
                        span.clone(),
                        "plan_file_in_two_sources",
                        format!(
                            "'{}' is read by source '{}' as well as by '{name}'",
                            file.display(),
                            other.name
                        ),
                    )
                    .hint("its records will be there twice; narrow one of the two paths");
            }
        }
    }

    fn system(&mut self, system: Option<&At<String>>) -> Option<String> {
        let system = system?;
        let known = known::systems(self.rulebook);
        if known.contains(&system.get().as_str()) {
            return Some(system.get().clone());
        }
        self.faults
            .fault(
                system.span(),
                "plan_unknown_system",
                format!("there is no preset for a system {}", shown(system.get())),
            )
            .near(system.get(), known.iter().copied(), || {
                (!known.is_empty()).then(|| format!("the presets are {}", known.join(", ")))
            })
            .hint("for others, leave out 'system' and write the headers into 'map'");
        None
    }

    fn text(&mut self, text: Option<&At<String>>, key: &str) -> Option<String> {
        let text = text?;
        if text.get().trim().is_empty() {
            self.faults
                .fault(text.span(), "plan_empty", format!("'{key}' is empty"))
                .hint("leave the key out, or write a header");
            return None;
        }
        Some(text.get().clone())
    }

    fn columns(&mut self, written: &Source) -> Option<Vec<String>> {
        let columns = written.columns.as_ref()?;
        let mut names: Vec<String> = Vec::new();
        for name in columns.get() {
            if name.get().trim().is_empty() {
                self.faults
                    .fault(name.span(), "plan_empty", "a column has no name");
            } else if names.contains(name.get()) {
                self.faults.fault(
                    name.span(),
                    "plan_column_twice",
                    format!("there is a column {} already", shown(name.get())),
                );
            }
            names.push(name.get().clone());
        }
        if names.is_empty() {
            self.faults
                .fault(columns.span(), "plan_empty", "'columns' names no column");
        }
        if let Some(line) = &written.header_line
            && *line.get() > 0
        {
            self.faults
                .fault(
                    line.span(),
                    "plan_columns_and_header",
                    "'columns' is for a file without a header, and 'header_line' says that there is one",
                )
                .hint("leave one of the two out");
        }
        Some(names)
    }

    fn map(
        &mut self,
        written: &Source,
        columns: Option<&[String]>,
    ) -> BTreeMap<String, Vec<String>> {
        let mut map = BTreeMap::new();
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (field, headers) in written.map.iter().flatten() {
            let Some(known) = self.field(field, false) else {
                continue;
            };
            self.several(field, headers, known.multi);
            let mut list = Vec::new();
            for header in headers.iter() {
                if header.get().trim().is_empty() {
                    self.faults
                        .fault(header.span(), "plan_empty", "a header is empty")
                        .hint("an unnamed column can't be mapped: name the columns with 'columns'");
                    continue;
                }
                if let Some(columns) = columns {
                    self.header_in(header, columns);
                }
                if let Some(other) = taken.insert(header.get().clone(), field.get().clone()) {
                    self.faults
                        .fault(
                            header.span(),
                            "plan_header_twice",
                            format!(
                                "column {} is mapped to '{other}' and to '{}'",
                                shown(header.get()),
                                field.get()
                            ),
                        )
                        .hint("a column feeds one field: keep one of the two");
                }
                list.push(header.get().clone());
            }
            map.insert(field.get().clone(), list);
        }
        map
    }

    fn several(&mut self, field: &At<String>, headers: &OneOrMany<String>, multi: bool) {
        let [_, second, ..] = headers.as_slice() else {
            return;
        };
        if multi {
            return;
        }
        let fields = self.rulebook.fields();
        let plural = fields.iter().find(|other| {
            other.multi
                && fields
                    .get(field.get())
                    .is_some_and(|one| one.kind == other.kind)
        });
        let hint = match plural {
            Some(plural) => format!("map the further ones to '{}'", plural.name),
            None => {
                "keep the one that counts; the others are carried through as they are".to_owned()
            }
        };
        self.faults
            .fault(
                second.span(),
                "plan_two_headers",
                format!(
                    "'{}' holds one value, and two columns are mapped to it",
                    field.get()
                ),
            )
            .hint(hint);
    }

    fn constants(
        &mut self,
        written: &Source,
        map: &BTreeMap<String, Vec<String>>,
    ) -> BTreeMap<String, String> {
        let mut constants = BTreeMap::new();
        for (field, value) in written.constants.iter().flatten() {
            if self.field(field, false).is_none() {
                continue;
            }
            if map.contains_key(field.get()) {
                self.faults
                    .fault(
                        field.span(),
                        "plan_constant_and_map",
                        format!("'{}' is mapped to a column and has a constant", field.get()),
                    )
                    .hint("keep one of the two");
            }
            if value.get().trim().is_empty() {
                self.faults.fault(
                    value.span(),
                    "plan_empty",
                    format!("the constant for '{}' is empty", field.get()),
                );
            }
            constants.insert(field.get().clone(), value.get().clone());
        }
        constants
    }

    fn header_in(&mut self, header: &At<String>, columns: &[String]) {
        if !columns.contains(header.get()) {
            self.faults
                .fault(
                    header.span(),
                    "plan_unknown_column",
                    format!("'columns' names no column {}", shown(header.get())),
                )
                .near(header.get(), columns.iter().map(String::as_str), || None);
        }
    }

    /// A field by its name, or the fault. A golden field is none that exists on
    /// the way in only.
    pub fn field(&mut self, name: &At<String>, golden: bool) -> Option<crate::contact::Field> {
        let fields = self.rulebook.fields();
        match fields.get(name.get()) {
            Some(field) if golden && field.input_only => {
                let into = field.into.clone();
                self.faults.fault(
                    name.span(),
                    "plan_input_only_field",
                    format!(
                        "'{}' is taken apart on the way in, no golden record has it",
                        name.get()
                    ),
                );
                if let Some(into) = into {
                    self.faults.hint(format!("its value goes into '{into}'"));
                }
                None
            }
            Some(field) => Some(field.clone()),
            None => {
                let names: Vec<&str> = fields
                    .iter()
                    .filter(|field| !(golden && field.input_only))
                    .map(|field| field.name.as_str())
                    .collect();
                let hint = match nearest(name.get(), names.iter().copied()) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("the fields are {}", names.join(", ")),
                };
                self.faults
                    .fault(
                        name.span(),
                        "plan_unknown_field",
                        format!("{} is no field", shown(name.get())),
                    )
                    .hint(hint);
                None
            }
        }
    }

    fn reading(&mut self, written: &Source) -> ReadingPlan {
        let format = value(&written.format);
        let encoding = written.encoding.as_ref().and_then(|label| {
            let known = known::encoding(label.get());
            if known.is_none() {
                self.faults
                    .fault(
                        label.span(),
                        "plan_unknown_encoding",
                        format!("{} is no text encoding", shown(label.get())),
                    )
                    .near(label.get(), known::ENCODINGS.iter().copied(), || {
                        Some("such as \"utf-8\", \"windows-1252\" or \"shift_jis\"".to_owned())
                    });
            }
            known.map(str::to_owned)
        });
        let delimiter = self.sign(written.delimiter.as_ref(), "delimiter");
        let quote = self.sign(written.quote.as_ref(), "quote");
        if let (Some(delimiter), Some(quote), Some(at)) = (delimiter, quote, &written.quote)
            && delimiter == quote
        {
            self.faults.fault(
                at.span(),
                "plan_quote_is_delimiter",
                "'quote' and 'delimiter' are the same character",
            );
        }
        self.unused_reading(written, format);
        ReadingPlan {
            format: format.map(|format| format.name().to_owned()),
            encoding,
            delimiter,
            quote,
            header_line: value(&written.header_line),
            footer_lines: value(&written.footer_lines),
            sheet: written.sheet.as_ref().map(|sheet| sheet.get().clone()),
        }
    }

    /// A setting of one format that another format can't heed.
    fn unused_reading(&mut self, written: &Source, format: Option<InputFormat>) {
        let Some(format) = format else { return };
        let text_only = [
            ("encoding", &written.encoding),
            ("delimiter", &written.delimiter),
            ("quote", &written.quote),
        ];
        let unused = text_only
            .into_iter()
            .filter(|_| format != InputFormat::Csv)
            .chain(
                [("sheet", &written.sheet)]
                    .into_iter()
                    .filter(|_| format != InputFormat::Xlsx),
            );
        for (key, value) in unused {
            if let Some(value) = value {
                self.faults.warning(
                    value.span(),
                    "plan_unused_setting",
                    format!(
                        "'{key}' has no effect on a file of format {}",
                        format.name()
                    ),
                );
            }
        }
    }

    /// One ASCII character that can part or quote values.
    fn sign(&mut self, text: Option<&At<String>>, key: &str) -> Option<char> {
        let text = text?;
        let mut chars = text.get().chars();
        let sign = match text.get().as_str() {
            "tab" | "\\t" => Some('\t'),
            _ => chars.next().filter(|_| chars.next().is_none()),
        };
        let sign =
            sign.filter(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !"\r\n\0".contains(*c));
        if sign.is_none() {
            self.faults
                .fault(
                    text.span(),
                    "plan_bad_sign",
                    format!("{} can't be the {key}", shown(text.get())),
                )
                .hint(if key == "delimiter" {
                    "write one character, such as \",\", \";\", \"|\" or \"tab\""
                } else {
                    "write one character, such as '\"'"
                });
        }
        sign
    }

    fn dates(&mut self, dates: Option<&At<String>>) -> Option<String> {
        const ORDERS: [&str; 3] = ["day_first", "month_first", "year_first"];
        let dates = dates?;
        let text = dates.get();
        if ORDERS.contains(&text.as_str()) {
            return Some(text.clone());
        }
        if text.contains('%') {
            if names_a_day(text) {
                return Some(text.clone());
            }
            self.faults
                .fault(
                    dates.span(),
                    "plan_bad_dates",
                    format!("{} is no date pattern", shown(text)),
                )
                .hint("%d is the day, %m the month, %Y the year, %H:%M:%S the time");
            return None;
        }
        self.faults
            .fault(
                dates.span(),
                "plan_bad_dates",
                format!("{} is no order of day and month", shown(text)),
            )
            .near(text, ORDERS, || {
                Some("write \"day_first\", \"month_first\", \"year_first\" or a pattern such as \"%d.%m.%Y\"".to_owned())
            });
        None
    }
}

/// Whether a pattern gives back the day that it wrote.
fn names_a_day(pattern: &str) -> bool {
    let day = jiff::civil::date(2001, 2, 3);
    let Ok(moment) = day
        .at(4, 5, 6, 0)
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
    else {
        return false;
    };
    jiff::fmt::strtime::format(pattern, &moment)
        .and_then(|text| jiff::fmt::strtime::parse(pattern, text))
        .and_then(|parts| parts.to_date())
        .is_ok_and(|read| read == day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_pattern_needs_day_month_and_year() {
        for right in ["%d.%m.%Y", "%m/%d/%y", "%b %-d, %Y", "%Y-%m-%d %H:%M:%S"] {
            assert!(names_a_day(right), "{right}");
        }
        for wrong in ["%d.%m", "%H:%M", "%d.%!.%Y", "%"] {
            assert!(!names_a_day(wrong), "{wrong}");
        }
    }
}
