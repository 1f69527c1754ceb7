//! `[output]`: a folder that can be one, and that no input lies in.

use std::path::Path;

use super::sources::Located;
use super::{Check, Overrides, value};
use crate::contact::diagnostic::shown;
use crate::plan::checked::OutputPlan;
use crate::plan::files;
use crate::plan::written::{self, Formulas, OutputFormat};

impl Check<'_> {
    pub(super) fn output(
        &mut self,
        written: &written::Output,
        overrides: &Overrides,
        sources: &[Located],
    ) -> OutputPlan {
        let (dir, span) = match (&overrides.out, &written.dir) {
            (Some(dir), _) => (dir.clone(), 0..0),
            (None, Some(dir)) => (self.base.join(dir.get()), dir.span()),
            (None, None) => (self.base.join("out"), 0..0),
        };
        if dir.as_os_str().is_empty() {
            self.faults.fault(
                span.clone(),
                "plan_no_output",
                "the output folder has no name",
            );
        }
        if dir.exists() && !dir.is_dir() {
            self.faults
                .fault(
                    span,
                    "plan_output_is_file",
                    format!("the output folder '{}' is a file", dir.display()),
                )
                .hint("name a folder with --out or [output] dir");
        } else {
            self.inputs_outside(&dir, sources);
        }
        let formats: Vec<OutputFormat> = match &written.format {
            Some(formats) => formats.iter().map(|format| *format.get()).collect(),
            None => vec![OutputFormat::Csv, OutputFormat::Parquet],
        };
        OutputPlan {
            dir,
            csv: formats.contains(&OutputFormat::Csv),
            parquet: formats.contains(&OutputFormat::Parquet),
            guard_formulas: value(&written.formulas) != Some(Formulas::Raw),
            evidence: value(&written.evidence) != Some(false),
            report: written.report.unwrap_or(true),
        }
    }

    /// A run must not read what an earlier run wrote: not now, and not the next time.
    fn inputs_outside(&mut self, dir: &Path, sources: &[Located]) {
        let real = dir.canonicalize().ok();
        let later = dir.join("runs").join("run").join("golden.csv");
        for (source, path_span) in sources {
            let inside = source.files.iter().find(|file| {
                let file = file.canonicalize().ok();
                file.zip(real.as_ref())
                    .is_some_and(|(file, dir)| file.starts_with(dir))
            });
            let what = match inside {
                Some(file) => format!("'{}' lies in", file.display()),
                None if files::would_match(self.base, &source.path, &later) => {
                    format!("{} reaches into", shown(&source.path))
                }
                None => continue,
            };
            self.faults
                .fault(
                    path_span.clone(),
                    "plan_input_in_output",
                    format!(
                        "{what} the output folder '{}': a run would read what an earlier one wrote",
                        dir.display()
                    ),
                )
                .hint("narrow the path of this source, or write to another folder");
        }
    }
}
