//! `[[source]]`, one by one and against each other.

use std::ops::Range;
use std::path::PathBuf;

use super::{Check, value};
use crate::contact::diagnostic::shown;
use crate::plan::checked::SourcePlan;
use crate::plan::written::{At, Source};
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
        self.earlier_names(&written, &mut sources);
        sources
    }

    /// What sources were called before: each name once, and none that a source has.
    fn earlier_names(&mut self, written: &[At<Source>], sources: &mut [Located]) {
        let now: Vec<String> = sources.iter().map(|(own, _)| own.name.clone()).collect();
        let mut taken: Vec<(String, String)> = Vec::new();
        for (source, (plan, _)) in written.iter().zip(sources) {
            for was in source.get().was.iter().flat_map(|list| list.get()) {
                let old = was.get();
                if now.contains(old) {
                    self.faults
                        .fault(
                            was.span(),
                            "plan_was_in_use",
                            format!("there is a source {} in this plan", shown(old)),
                        )
                        .hint("'was' tells names that a source no longer has");
                } else if let Some((_, other)) = taken.iter().find(|(known, _)| known == old) {
                    self.faults.fault(
                        was.span(),
                        "plan_was_twice",
                        format!("the source '{other}' was {} already", shown(old)),
                    );
                } else {
                    taken.push((old.clone(), plan.name.clone()));
                    plan.was.push(old.clone());
                }
            }
        }
    }

    /// A role that the report compares.
    fn role(&mut self, role: Option<&At<String>>) -> Option<String> {
        let role = role?;
        let known = known::roles(self.rulebook);
        if !known.contains(role.get()) {
            self.faults
                .fault(
                    role.span(),
                    "plan_unknown_role",
                    format!("{} is no role that the report compares", shown(role.get())),
                )
                .near(role.get(), known.iter().map(String::as_str), || {
                    Some(format!("there are: {}", known.join(", ")))
                });
            return None;
        }
        Some(role.get().clone())
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
            was: Vec::new(),
            role: self.role(written.role.as_ref()),
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
}
