//! Written → checked: all faults at once, each with its place and a next step.

mod keys;
mod mapping;
mod matching;
mod merging;
mod output;
mod reading;
mod sources;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::checked::{Bounds, GatePlan, MatchPlan, PairKind, Plan};
use super::faults::{Faults, any_of};
use super::written::{self, At, Written};
use super::{files, known, schema, structure};
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::rulebook::Rulebook;

/// A plan that can be run, and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Checked {
    pub plan: Plan,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
}

/// What the command line sets over the plan.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// From the current folder, not the plan's.
    pub out: Option<PathBuf>,
    pub as_of: Option<String>,
    pub country: Option<String>,
    pub threads: Option<usize>,
}

/// Reads and checks a plan file.
///
/// # Errors
/// Exit 2 with every fault of the plan; exit 3 when only inputs are missing.
pub fn load(path: &Path, overrides: &Overrides, rulebook: &Rulebook) -> Result<Checked, Failure> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| unreadable_plan(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1;
        Failure::one(
            FailureKind::Usage,
            Diagnostic::error("plan_not_utf8", "the plan is not UTF-8 text")
                .at(Place::line(name.clone(), u32::try_from(line).unwrap_or(0)))
                .hint("save it as UTF-8"),
        )
    })?;
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    let stem = path.file_stem().map_or_else(
        || "karat".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    parse(&text, &name, &stem, &base, overrides, rulebook)
}

/// Checks a plan's text. `file` is its name for messages, `stem` the run's name
/// when it gives none, `base` the folder that its paths start from.
///
/// # Errors
/// As [`load`].
pub fn parse(
    text: &str,
    file: &str,
    stem: &str,
    base: &Path,
    overrides: &Overrides,
    rulebook: &Rulebook,
) -> Result<Checked, Failure> {
    // A byte order mark is no part of the plan.
    let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(text).into();
    let mut faults = Faults::new(file, text.clone());
    let (document, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        // What stands behind a broken line is guesswork: nothing is said of it.
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let message = match text.get(span.clone()) {
                Some(key) if error.message() == "duplicate key" => {
                    format!("the key {} stands twice in this table", shown(key))
                }
                _ => error.message().to_owned(),
            };
            faults.fault(span, "plan_syntax", message);
        }
        return Err(faults
            .settle()
            .expect_err("invariant: a syntax error is an error"));
    }
    let span = document.span();
    let mut document = document.into_inner();
    structure::check(&mut document, &schema(), &mut faults);
    let written =
        match Written::deserialize(toml::de::Deserializer::from(Spanned::new(span, document))) {
            Ok(written) => written,
            Err(error) => {
                // The structure allowed what the types refuse; tell it all the same.
                let span = error.span().unwrap_or(0..0);
                faults.fault(span, "plan_wrong_type", error.message().to_owned());
                Written::default()
            }
        };
    let plan = Check {
        faults: &mut faults,
        rulebook,
        base,
    }
    .plan(written, stem, overrides);
    let diagnostics = faults.settle()?;
    Ok(Checked { plan, diagnostics })
}

/// What the checks share.
struct Check<'a> {
    faults: &'a mut Faults,
    rulebook: &'a Rulebook,
    base: &'a Path,
}

impl Check<'_> {
    fn plan(&mut self, written: Written, stem: &str, overrides: &Overrides) -> Plan {
        let head = written.plan.unwrap_or_default();
        let country = match &overrides.country {
            Some(code) => self.country(code, None),
            None => self.country_at(head.country.as_ref()),
        };
        let timezone = self.timezone(head.timezone.as_ref());
        let run_date = self.run_date(head.run_date.as_ref(), overrides, timezone.as_deref());
        let rules = head
            .rules
            .iter()
            .flat_map(written::OneOrMany::iter)
            .filter_map(|path| self.own_file(path, "rules"))
            .collect();
        let decisions = head
            .decisions
            .as_ref()
            .and_then(|path| self.own_file(path, "decisions"));
        let sources = self.sources(written.source.unwrap_or_default());
        let merge = self.merge(written.merge.unwrap_or_default(), &sources);
        let output = self.output(&written.output.unwrap_or_default(), overrides, &sources);
        Plan {
            name: head
                .name
                .map_or_else(|| stem.to_owned(), |name| name.get().clone()),
            base: self.base.to_owned(),
            country,
            timezone,
            run_date,
            rules,
            decisions,
            sources: sources.into_iter().map(|(source, _)| source).collect(),
            matching: self.matching(&written.matching.unwrap_or_default()),
            merge,
            gate: self.gate(&written.gate.unwrap_or_default()),
            output,
            bounds: bounds(&written.bounds.unwrap_or_default()),
            threads: overrides.threads,
        }
    }

    fn country_at(&mut self, country: Option<&At<String>>) -> Option<String> {
        country.and_then(|country| self.country(country.get(), Some(country.span())))
    }

    /// The country at a place of the plan, or of `--country`.
    fn country(&mut self, text: &str, span: Option<Range<usize>>) -> Option<String> {
        let countries = known::Countries::of(self.rulebook);
        let code = countries.code(text);
        if code.is_none() {
            let what = format!("{} is no country code", shown(text));
            let faults = match span {
                Some(span) => self.faults.fault(span, "plan_unknown_country", what),
                None => self
                    .faults
                    .flag("usage_unknown_country", format!("--country: {what}")),
            };
            faults.hint(match countries.meant(text) {
                Some(code) => format!("write its two letters: \"{code}\""),
                None => "write the two letters of ISO 3166, such as \"DE\" or \"US\"".to_owned(),
            });
        }
        code
    }

    fn timezone(&mut self, timezone: Option<&At<String>>) -> Option<String> {
        let timezone = timezone?;
        let name = known::timezone(timezone.get());
        if name.is_none() {
            let hint = match known::nearest_timezone(timezone.get()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => "write its IANA name, such as \"Europe/Sofia\"".to_owned(),
            };
            self.faults
                .fault(
                    timezone.span(),
                    "plan_unknown_timezone",
                    format!("{} is no time zone", shown(timezone.get())),
                )
                .hint(hint);
        }
        name
    }

    fn run_date(
        &mut self,
        written: Option<&At<String>>,
        overrides: &Overrides,
        timezone: Option<&str>,
    ) -> String {
        if let Some(date) = written
            && known::date(date.get()).is_none()
        {
            self.bad_date(date.get(), Some(date.span()));
        }
        if let Some(date) = &overrides.as_of {
            if known::date(date).is_none() {
                self.bad_date(date, None);
            }
            return date.clone();
        }
        match written {
            Some(date) => date.get().clone(),
            None => today(timezone),
        }
    }

    fn bad_date(&mut self, text: &str, span: Option<Range<usize>>) {
        let what = format!("{} is no date", shown(text));
        let faults = match span {
            Some(span) => self.faults.fault(span, "plan_bad_date", what),
            None => self
                .faults
                .flag("usage_bad_date", format!("--as-of: {what}")),
        };
        faults.hint("write a date that exists as YYYY-MM-DD");
    }

    /// A file that belongs to the plan (rules, decisions).
    fn own_file(&mut self, path: &At<String>, key: &str) -> Option<PathBuf> {
        let full = self.base.join(path.get());
        if full.is_file() {
            return Some(full);
        }
        let what = if full.is_dir() {
            format!("'{key}' names a folder, {}", shown(path.get()))
        } else {
            format!(
                "'{key}' names a file that is not there, {}",
                shown(path.get())
            )
        };
        let folder = match full.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        self.faults.fault(path.span(), "plan_file_missing", what);
        if let Some(near) = files::nearest_in(&folder, path.get()) {
            self.faults.hint(format!("did you mean '{near}'?"));
        }
        if key == "decisions" && !full.exists() {
            self.faults
                .hint("the first 'karat decide' makes it; without decisions, take the line out");
        }
        None
    }

    fn matching(&mut self, written: &written::Match) -> MatchPlan {
        let defaults = MatchPlan::default();
        let review = match &written.review {
            None => defaults.review,
            Some(review) => match review.get().as_slice() {
                [low, high] if low.get() <= high.get() => (*low.get(), *high.get()),
                _ => {
                    self.faults
                        .fault(
                            review.span(),
                            "plan_review_order",
                            "'review' must name the lower probability first",
                        )
                        .hint("write it as review = [0.3, 0.95]");
                    defaults.review
                }
            },
        };
        MatchPlan {
            threshold: value(&written.threshold).unwrap_or(defaults.threshold),
            review,
            partners: value(&written.partners).unwrap_or(defaults.partners),
            max_block: value(&written.max_block).unwrap_or(defaults.max_block),
            learn: value(&written.learn).unwrap_or(defaults.learn),
            without: without(written.without.as_ref()),
            comparisons: self.comparisons(written.comparison.as_deref().unwrap_or_default()),
            keys: self.keys(written.key.as_deref().unwrap_or_default()),
            guards: keys::guards(written.guards.as_ref()),
        }
    }

    /// How many faults there are so far.
    fn errors(&self) -> usize {
        self.faults.count()
    }

    fn gate(&mut self, written: &written::Gate) -> GatePlan {
        let mut gate = GatePlan {
            max_error_share: value(&written.max_error_share),
            max_quarantine_share: value(&written.max_quarantine_share),
            max_golden_shrink: value(&written.max_golden_shrink),
            max_golden_growth: value(&written.max_golden_growth),
            max_changed_share: value(&written.max_changed_share),
            max_source_shrink: value(&written.max_source_shrink),
            max_merges: value(&written.max_merges),
            max_splits: value(&written.max_splits),
            max_lost_ids: value(&written.max_lost_ids),
            max_merge_share: value(&written.max_merge_share),
            max_cluster_size: value(&written.max_cluster_size),
            min_records: value(&written.min_records),
            soft: Vec::new(),
        };
        let set = [
            ("max_error_share", gate.max_error_share.is_some()),
            ("max_quarantine_share", gate.max_quarantine_share.is_some()),
            ("max_golden_shrink", gate.max_golden_shrink.is_some()),
            ("max_golden_growth", gate.max_golden_growth.is_some()),
            ("max_changed_share", gate.max_changed_share.is_some()),
            ("max_source_shrink", gate.max_source_shrink.is_some()),
            ("max_merges", gate.max_merges.is_some()),
            ("max_splits", gate.max_splits.is_some()),
            ("max_lost_ids", gate.max_lost_ids.is_some()),
            ("max_merge_share", gate.max_merge_share.is_some()),
            ("max_cluster_size", gate.max_cluster_size.is_some()),
            ("min_records", gate.min_records.is_some()),
        ];
        for name in written.soft.iter().flatten() {
            match set.iter().find(|(gate, _)| gate == name.get()) {
                Some((_, true)) => gate.soft.push(name.get().clone()),
                Some((known, false)) => {
                    self.faults
                        .warning(
                            name.span(),
                            "plan_soft_without_gate",
                            format!("'soft' names '{known}', which this plan doesn't set"),
                        )
                        .hint(format!("set {known} in [gate], or leave it out of soft"));
                }
                None => {
                    let known = set.iter().map(|(name, _)| *name);
                    self.faults
                        .fault(
                            name.span(),
                            "plan_unknown_gate",
                            format!("{} is no gate", shown(name.get())),
                        )
                        .near(name.get(), known.clone(), || {
                            Some(format!(
                                "the gates are {}",
                                any_of(known).replace(" or ", " and ")
                            ))
                        });
                }
            }
        }
        gate.soft.sort();
        gate.soft.dedup();
        gate
    }
}

/// Each kind once, in order.
fn without(written: Option<&written::OneOrMany<PairKind>>) -> Vec<PairKind> {
    let mut kinds: Vec<PairKind> = written
        .into_iter()
        .flat_map(written::OneOrMany::iter)
        .map(|kind| *kind.get())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn value<T: Copy>(written: &Option<At<T>>) -> Option<T> {
    written.as_ref().map(|value| *value.get())
}

fn bounds(written: &written::Bounds) -> Bounds {
    let defaults = Bounds::default();
    Bounds {
        max_unpacked_bytes: value(&written.max_unpacked_bytes)
            .unwrap_or(defaults.max_unpacked_bytes),
        max_unpack_ratio: value(&written.max_unpack_ratio).unwrap_or(defaults.max_unpack_ratio),
        max_cells: value(&written.max_cells).unwrap_or(defaults.max_cells),
        max_nesting: value(&written.max_nesting).unwrap_or(defaults.max_nesting),
        max_field_bytes: value(&written.max_field_bytes).unwrap_or(defaults.max_field_bytes),
        max_columns: value(&written.max_columns).unwrap_or(defaults.max_columns),
    }
}

/// Today in the plan's zone, so that a nightly run and its reader mean one day.
fn today(timezone: Option<&str>) -> String {
    let zone = timezone
        .and_then(|name| jiff::tz::TimeZone::get(name).ok())
        .unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::now()
        .to_zoned_datetime(zone)
        .date()
        .to_string()
}

fn unreadable_plan(path: &Path, error: &std::io::Error) -> Failure {
    let mut diagnostic = crate::contact::fault::unreadable(path, error);
    diagnostic.code = "plan_unreadable";
    if error.kind() == std::io::ErrorKind::IsADirectory {
        diagnostic.hints = vec!["name the plan's file, such as 'karat.toml'".to_owned()];
    }
    if error.kind() == std::io::ErrorKind::NotFound {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let near = path
            .to_str()
            .and_then(|path| files::nearest_in(folder, path));
        diagnostic = diagnostic.hint(match near {
            Some(near) => format!("did you mean '{near}'?"),
            None => "draft a plan with `karat init FILES…`".to_owned(),
        });
    }
    Failure::one(FailureKind::Usage, diagnostic)
}
