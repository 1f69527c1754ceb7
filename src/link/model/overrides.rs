//! What a plan changes of the built-in match model. The plan's check has seen to it
//! that every name is known.

use serde::Serialize;

use super::{CLASSES, File, Written};
use crate::link::compare::{Compared, Comparison};
use crate::link::kernel::guards::Guards;
use crate::plan::{ComparisonPlan, GuardsPlan, MatchPlan, PairKind, RecordKind};

/// One number or switch of the model that the plan sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelChange {
    /// What is changed where it is not the model of people: "organisations", "candidate
    /// key", "guards".
    #[serde(skip_serializing_if = "str::is_empty")]
    pub of: &'static str,
    /// Empty for a kind of pairs.
    pub comparison: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub candidate_key: String,
    /// Empty for the comparison as a whole.
    pub level: String,
    /// The key of the plan.
    pub key: &'static str,
    pub from: String,
    pub to: String,
}

/// What is left out of comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Comparison → level → the level that it comes out at, 0 for "says nothing".
    becomes: [[u8; 16]; Comparison::COUNT],
    given_rarity: bool,
    family_rarity: bool,
    nothing: bool,
}

impl Default for LeftOut {
    fn default() -> Self {
        let same = std::array::from_fn(|level| u8::try_from(level).unwrap_or(0));
        Self {
            becomes: [same; Comparison::COUNT],
            given_rarity: false,
            family_rarity: false,
            nothing: true,
        }
    }
}

impl LeftOut {
    /// Whether pairs may come out at this level.
    #[must_use]
    pub fn allows(&self, comparison: Comparison, level: u8) -> bool {
        self.nothing || self.becomes[comparison as usize][level as usize] == level
    }

    /// Takes out of a compared pair what the plan leaves out.
    pub fn apply(&self, compared: &mut Compared) {
        if self.nothing {
            return;
        }
        for (at, becomes) in self.becomes.iter().enumerate() {
            let level = compared.pattern.level_at(at);
            compared.pattern.set_at(at, becomes[level as usize]);
        }
        if self.given_rarity {
            compared.given_rarity = 0.0;
        }
        if self.family_rarity {
            compared.family_rarity = 0.0;
        }
        // How likely two namesakes are is a matter of the names' shares too.
        let half = |c| compared.pattern.level(c) == 0;
        if self.given_rarity
            || self.family_rarity
            || half(Comparison::Given)
            || half(Comparison::Family)
        {
            compared.community = 0.0;
        }
    }
}

/// What the plan leaves out of comparing; `order` names the comparisons by their places in
/// a pattern.
pub(super) fn left_out(
    list: &[Written],
    order: &[&str],
    plan: &MatchPlan,
    records: RecordKind,
) -> LeftOut {
    let mut out = LeftOut::default();
    for (at, name) in order.iter().enumerate() {
        let Some(written) = list.iter().find(|written| written.name == *name) else {
            continue;
        };
        let change = change(name, plan, records);
        let rare = written.rarity && change.is_none_or(|change| change.used && change.rarity);
        // The name of an organisation has the place of a given name.
        if at == Comparison::Given as usize {
            out.given_rarity = !rare;
        } else if at == Comparison::Family as usize && records == RecordKind::People {
            out.family_rarity = !rare;
        }
        let Some(change) = change else { continue };
        let levels = &written.level;
        let used = |level: usize| {
            let name = &levels[level - 1].name;
            !change.levels.iter().any(|l| l.name == *name && !l.used)
        };
        let row = &mut out.becomes[at];
        for (level, becomes) in row.iter_mut().enumerate().take(levels.len() + 1).skip(1) {
            // The next weaker level that is used, else the next stronger one.
            let found = (level..=levels.len())
                .chain((1..level).rev())
                .find(|&level| used(level));
            let found = found.filter(|_| change.used).unwrap_or(0);
            *becomes = u8::try_from(found).unwrap_or(0);
            out.nothing &= found == level;
        }
    }
    out.nothing &= !out.given_rarity && !out.family_rarity;
    out
}

/// Classes that the plan leaves out.
pub(super) fn without(plan: &MatchPlan) -> [bool; CLASSES] {
    let left = |kind| plan.without.contains(&kind);
    [
        false,
        left(PairKind::OtherJob),
        left(PairKind::Colleague),
        left(PairKind::Relative),
        false,
    ]
}

/// Whether the plan wants a comparison's numbers as written.
pub(super) fn fixed(name: &str, plan: &MatchPlan, records: RecordKind) -> bool {
    change(name, plan, records).is_some_and(|change| !change.estimate)
}

fn change<'p>(name: &str, plan: &'p MatchPlan, records: RecordKind) -> Option<&'p ComparisonPlan> {
    plan.comparisons
        .iter()
        .find(|change| change.name == name && change.records == records)
}

/// Writes the plan's numbers over the file's; tells every difference.
pub(super) fn apply(file: &mut File, plan: &MatchPlan) -> Vec<ModelChange> {
    let mut changes: Vec<ModelChange> = plan
        .without
        .iter()
        .map(|kind| ModelChange {
            key: "without",
            to: match kind {
                PairKind::OtherJob => "other_job",
                PairKind::Colleague => "colleague",
                PairKind::Relative => "relative",
            }
            .to_owned(),
            ..ModelChange::default()
        })
        .collect();
    for change in &plan.comparisons {
        let (list, of) = match change.records {
            RecordKind::People => (&mut file.comparison, ""),
            RecordKind::Organisations => (&mut file.organisations.comparison, "organisations"),
        };
        let Some(written) = list.iter_mut().find(|c| c.name == change.name) else {
            continue;
        };
        let mut tell = |level: &str, key: &'static str, from: String, to: String| {
            if from != to {
                changes.push(ModelChange {
                    of,
                    comparison: change.name.clone(),
                    level: level.to_owned(),
                    key,
                    from,
                    to,
                    ..ModelChange::default()
                });
            }
        };
        let on = || true.to_string();
        tell("", "use", on(), change.used.to_string());
        tell("", "estimate", on(), change.estimate.to_string());
        tell("", "rarity", on(), change.rarity.to_string());
        for level in &change.levels {
            let Some(own) = written.level.iter_mut().find(|l| l.name == level.name) else {
                continue;
            };
            tell(&level.name, "use", on(), level.used.to_string());
            if let Some(m) = level.m {
                tell(&level.name, "m", own.same.to_string(), m.to_string());
                own.same = m;
            }
            if let Some(bits) = level.bits {
                tell(&level.name, "bits", own.bits.to_string(), bits.to_string());
                own.bits = bits;
            }
        }
        make_room(written, change);
    }
    changes
}

/// The m that the plan gives stay as they are; the others share what is left.
fn make_room(written: &mut Written, change: &ComparisonPlan) {
    let given = |name: &str| {
        change
            .levels
            .iter()
            .any(|level| level.name == name && level.m.is_some())
    };
    if !change.levels.iter().any(|level| level.m.is_some()) {
        return;
    }
    let sum = |wanted: bool| -> f64 {
        written
            .level
            .iter()
            .filter(|level| given(&level.name) == wanted)
            .map(|level| level.same)
            .sum()
    };
    let (own, others) = (sum(true), sum(false));
    if others <= 0.0 {
        return;
    }
    let scale = ((1.0 - own) / others).max(1e-6);
    for level in &mut written.level {
        if !given(&level.name) {
            level.same *= scale;
        }
    }
}

/// Sets the guards that the plan sets; tells every difference.
pub(super) fn guard(guards: &mut Guards, plan: &GuardsPlan) -> Vec<ModelChange> {
    fn set<T: Copy + PartialEq + ToString>(
        own: &mut T,
        wanted: Option<T>,
        key: &'static str,
        changes: &mut Vec<ModelChange>,
    ) {
        if let Some(to) = wanted.filter(|to| to != own) {
            changes.push(ModelChange {
                of: "guards",
                key,
                from: own.to_string(),
                to: to.to_string(),
                ..ModelChange::default()
            });
            *own = to;
        }
    }
    let mut changes = Vec::new();
    set(&mut guards.clip, plan.clip, "clip", &mut changes);
    set(
        &mut guards.ruled_out,
        plan.ruled_out,
        "ruled_out",
        &mut changes,
    );
    set(
        &mut guards.uncompared,
        plan.uncompared,
        "uncompared",
        &mut changes,
    );
    set(&mut guards.alone, plan.alone, "alone", &mut changes);
    set(&mut guards.loose, plan.loose, "loose", &mut changes);
    set(&mut guards.full, plan.full, "full", &mut changes);
    set(
        &mut guards.full_pairs,
        plan.full_pairs,
        "full_pairs",
        &mut changes,
    );
    changes
}

#[cfg(test)]
mod tests {
    use super::super::MatchModel;
    use super::*;
    use crate::plan::LevelPlan;
    use crate::rulebook::Rulebook;

    fn model(comparisons: Vec<ComparisonPlan>) -> MatchModel {
        let plan = MatchPlan {
            comparisons,
            ..MatchPlan::default()
        };
        let text = Rulebook::builtin().file("matching.toml").expect("built in");
        MatchModel::parse(text, &plan).expect("the built-in model")
    }

    fn changed(name: &str, levels: Vec<LevelPlan>) -> ComparisonPlan {
        ComparisonPlan {
            name: name.to_owned(),
            records: RecordKind::People,
            used: true,
            estimate: true,
            rarity: true,
            levels,
        }
    }

    fn level(name: &str, used: bool, m: Option<f64>, bits: Option<f64>) -> LevelPlan {
        LevelPlan {
            name: name.to_owned(),
            used,
            m,
            bits,
        }
    }

    #[test]
    fn the_plans_numbers_stand_and_the_others_make_room() {
        let at = Comparison::Phone as usize;
        let phone = changed("phone", vec![level("same", true, Some(0.8), Some(4.0))]);
        let model = model(vec![phone]);
        let (m, u) = (&model.specs[at].prior[0], &model.specs[at].prior[4]);
        assert!((m[0] - 0.8).abs() < 1e-9, "{m:?}");
        assert!(((m[0] / u[0]).log2() - 4.0).abs() < 1e-6, "{m:?} {u:?}");
        assert!((m.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(model.changes.len(), 2);
        assert!(!model.specs[at].fixed);
    }

    #[test]
    fn a_level_left_out_comes_out_at_the_next_that_is_used() {
        let email = changed(
            "email",
            vec![
                level("same, few names", false, None, None),
                level("both private", false, None, None),
            ],
        );
        let left_out = model(vec![email]).left_out;
        let mut pair = Compared::default();
        for (level, becomes) in [(1, 1), (2, 3), (12, 11), (0, 0)] {
            pair.pattern.set(Comparison::Email, level);
            left_out.apply(&mut pair);
            assert_eq!(pair.pattern.level(Comparison::Email), becomes);
        }
        assert!(!left_out.allows(Comparison::Email, 2));
        assert!(left_out.allows(Comparison::Phone, 2));
    }

    #[test]
    fn a_comparison_left_out_says_nothing() {
        let mut given = changed("given_name", Vec::new());
        given.used = false;
        let left_out = model(vec![given]).left_out;
        let mut pair = Compared {
            given_rarity: 3.0,
            family_rarity: 2.0,
            ..Compared::default()
        };
        pair.pattern.set(Comparison::Given, 1);
        pair.pattern.set(Comparison::Family, 1);
        left_out.apply(&mut pair);
        assert_eq!(pair.pattern.level(Comparison::Given), 0);
        assert_eq!(pair.pattern.level(Comparison::Family), 1);
        assert!(pair.given_rarity.abs() < f32::EPSILON && pair.family_rarity > 1.0);
    }
}
