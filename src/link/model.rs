//! The match model as data: `rules/matching.toml` → what the estimation and the
//! comparisons need.

mod overrides;
pub mod stored;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::block::{KeyForm, KeyForms};
use super::compare::names::{family_level, given};
use super::compare::{Comparison, Pattern};
use super::kernel::em::{CLASSES, ComparisonSpec, ONE_PERSON};
use super::kernel::guards::Guards;
use super::orgs::{self, compare::Aspect};
use crate::plan::{MatchPlan, RecordKind};
pub use overrides::{LeftOut, ModelChange};

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    model: General,
    suffixes: Suffixes,
    names: NameRules,
    guards: Guards,
    key: Vec<KeyForm>,
    comparison: Vec<Written>,
    organisations: Organisations,
}

/// The model of organisations, in the same words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Organisations {
    start: Start,
    least_pairs: u64,
    stop: Vec<String>,
    numerals: Vec<String>,
    key: Vec<KeyForm>,
    comparison: Vec<Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct General {
    start: Start,
    rounds: usize,
    random_pairs: usize,
    prior_pairs: f64,
    relatives: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    same: f64,
    #[serde(alias = "moved")]
    other_job: f64,
    #[serde(alias = "branch")]
    colleague: f64,
    #[serde(alias = "neighbour")]
    relative: f64,
    unrelated: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suffixes {
    generations: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameRules {
    particles: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    /// Whose values it looks at, for people to see.
    fields: Vec<String>,
    #[serde(default)]
    scope: Option<Scope>,
    #[serde(default)]
    relative_is_same: bool,
    /// The priors stand; the data teach nothing.
    #[serde(default)]
    fixed: bool,
    /// Agreement on a rare value counts more.
    #[serde(default)]
    rarity: bool,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    states: Vec<Vec<String>>,
    #[serde(default)]
    differs: Vec<String>,
    #[serde(default)]
    tells_classes: bool,
    level: Vec<Level>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// About the person, not about work or place: one distribution for one
    /// person, one for two.
    Person,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Level {
    name: String,
    same: f64,
    bits: f64,
    /// One person never looks like that: see [`RULED_OUT`].
    #[serde(default)]
    never: bool,
    #[serde(default, alias = "moved")]
    other_job: Option<f64>,
    #[serde(default, alias = "branch")]
    colleague: Option<f64>,
    #[serde(default, alias = "neighbour")]
    relative: Option<f64>,
}

/// How a comparison's parent state follows from a pattern.
#[derive(Clone, Debug)]
enum Parent {
    None,
    /// Do the names agree: 0 unknown · 1 both · 2 one, the other missing · 3 a conflict.
    Names,
    /// Level of the parent, by its place in the pattern → state.
    Level(usize, [u8; 16]),
}

/// The model's structure: specs in the order of [`Comparison::ALL`].
#[derive(Clone, Debug)]
pub struct MatchModel {
    pub specs: Vec<ComparisonSpec>,
    /// Level names by comparison, strongest first.
    pub level_names: Vec<Vec<String>>,
    /// By comparison: the fields whose values it looks at.
    pub fields: Vec<Vec<String>>,
    parents: Vec<Parent>,
    /// By comparison: the classes in which agreement is a coincidence, so that a rare
    /// value makes them less likely.
    pub coincidence: Vec<[bool; CLASSES]>,
    pub start: [f64; CLASSES],
    pub rounds: usize,
    pub random_pairs: usize,
    /// Most pairs that the priors are worth.
    pub prior_pairs: f64,
    /// Most relatives that a record has in a file.
    pub relatives: f64,
    /// Fewer candidate pairs than this estimate nothing: the priors stand.
    pub least_pairs: u64,
    pub generations: BTreeMap<String, u8>,
    pub particles: Vec<String>,
    /// Classes that the plan leaves out.
    pub without: [bool; CLASSES],
    pub left_out: LeftOut,
    /// What the plan changed.
    pub changes: Vec<ModelChange>,
}

/// Both models of the file, the keys that bring candidate pairs, the guards of clustering,
/// and the words that organisations' names need.
#[derive(Clone, Debug)]
pub struct Models {
    pub people: MatchModel,
    pub organisations: MatchModel,
    pub keys: KeyForms,
    pub guards: Guards,
    pub organisation_names: orgs::name::NameRules,
}

impl Models {
    /// Reads the form of `rules/matching.toml`, with what the plan changes of it.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn parse(text: &str, plan: &MatchPlan) -> Result<Self, String> {
        let mut file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut changes = overrides::apply(&mut file, plan);
        let (keys, told) = KeyForms::new(
            std::mem::take(&mut file.key),
            std::mem::take(&mut file.organisations.key),
            &plan.keys,
        );
        changes.extend(told);
        let mut guards = file.guards;
        changes.extend(overrides::guard(&mut guards, &plan.guards));
        let mut organisations = MatchModel::empty(&file, &file.organisations.start);
        organisations.least_pairs = file.organisations.least_pairs;
        organisations.compare(
            &file.organisations.comparison,
            &Aspect::ALL.map(Aspect::name),
            plan,
            RecordKind::Organisations,
        )?;
        for (name, classes) in organisations
            .specs
            .iter()
            .zip(&mut organisations.coincidence)
        {
            // Branches share a name because they are one organisation's.
            if name.name == Aspect::Name.name() {
                *classes = [false, false, false, true, true];
            }
        }
        let mut people = MatchModel::of_people(&file, plan)?;
        people.changes = changes;
        Ok(Self {
            people,
            organisations,
            keys,
            guards,
            organisation_names: orgs::name::NameRules {
                stop: file.organisations.stop,
                numerals: file.organisations.numerals,
            },
        })
    }
}

impl MatchModel {
    /// Reads the form of `rules/matching.toml`, with what the plan changes of it.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn parse(text: &str, plan: &MatchPlan) -> Result<Self, String> {
        Models::parse(text, plan).map(|models| models.people)
    }

    fn of_people(file: &File, plan: &MatchPlan) -> Result<Self, String> {
        let mut model = Self::empty(file, &file.model.start);
        model.without = overrides::without(plan);
        model.relatives = file.model.relatives;
        model.compare(
            &file.comparison,
            &Comparison::ALL.map(Comparison::name),
            plan,
            RecordKind::People,
        )?;
        Ok(model)
    }

    fn empty(file: &File, s: &Start) -> Self {
        Self {
            without: [false; CLASSES],
            left_out: LeftOut::default(),
            changes: Vec::new(),
            specs: Vec::new(),
            level_names: Vec::new(),
            fields: Vec::new(),
            parents: Vec::new(),
            coincidence: Vec::new(),
            start: [s.same, s.other_job, s.colleague, s.relative, s.unrelated],
            rounds: file.model.rounds,
            random_pairs: file.model.random_pairs,
            prior_pairs: file.model.prior_pairs,
            relatives: f64::INFINITY,
            least_pairs: 0,
            generations: file.suffixes.generations.clone(),
            particles: file.names.particles.clone(),
        }
    }

    /// Takes the comparisons up, in the order of their places in a pattern.
    fn compare(
        &mut self,
        list: &[Written],
        order: &[&str],
        plan: &MatchPlan,
        records: RecordKind,
    ) -> Result<(), String> {
        self.left_out = overrides::left_out(list, order, plan, records);
        let by_name: BTreeMap<&str, &Written> = list.iter().map(|c| (c.name.as_str(), c)).collect();
        for name in order {
            let written = by_name
                .get(name)
                .ok_or_else(|| format!("comparison '{name}' is missing"))?;
            let parent = parent(written, &by_name, order)?;
            let states = match &parent {
                Parent::None => 1,
                Parent::Names => 4,
                Parent::Level(..) => written.states.len() + 1,
            };
            let mut spec = spec(written, states)?;
            spec.fixed |= overrides::fixed(&spec.name, plan, records);
            self.coincidence
                .push(spec.table_of.map(|table| table != spec.table_of[0]));
            self.specs.push(spec);
            self.level_names
                .push(written.level.iter().map(|l| l.name.clone()).collect());
            self.fields.push(written.fields.clone());
            self.parents.push(parent);
        }
        Ok(())
    }

    /// Levels and parent states of a pattern.
    #[must_use]
    pub fn unpack(&self, pattern: Pattern) -> ([u8; Comparison::COUNT], [u8; Comparison::COUNT]) {
        let mut levels = [0; Comparison::COUNT];
        let mut states = [0; Comparison::COUNT];
        for (at, parent) in self.parents.iter().enumerate() {
            levels[at] = pattern.level_at(at);
            states[at] = match parent {
                Parent::None => 0,
                Parent::Names => names_state(pattern),
                Parent::Level(parent, map) => map[pattern.level_at(*parent) as usize],
            };
        }
        (levels, states)
    }
}

/// Do the names agree, for what is made of the name.
fn names_state(pattern: Pattern) -> u8 {
    let given_agrees = match pattern.level(Comparison::Given) {
        0 => None,
        level => Some(level <= given::INITIAL),
    };
    let family_agrees = match pattern.level(Comparison::Family) {
        0 => None,
        level => Some(level <= family_level(given::INITIAL)),
    };
    match (given_agrees, family_agrees) {
        (None, None) => 0,
        (Some(true), Some(true)) => 1,
        (Some(true), None) | (None, Some(true)) => 2,
        _ => 3,
    }
}

fn parent(
    written: &Written,
    by_name: &BTreeMap<&str, &Written>,
    order: &[&str],
) -> Result<Parent, String> {
    let Some(name) = &written.parent else {
        return Ok(Parent::None);
    };
    if name == "names" {
        return Ok(Parent::Names);
    }
    let comparison = order.iter().position(|c| c == name).ok_or_else(|| {
        format!(
            "comparison '{}' has an unknown parent '{name}'",
            written.name
        )
    })?;
    let levels = &by_name
        .get(name.as_str())
        .ok_or_else(|| format!("comparison '{name}' is missing"))?
        .level;
    let mut map = [0u8; 16];
    for (state, list) in written.states.iter().enumerate() {
        for level in list {
            let at = levels
                .iter()
                .position(|l| l.name == *level)
                .ok_or_else(|| {
                    format!(
                        "comparison '{}': '{name}' has no level '{level}'",
                        written.name
                    )
                })?;
            map[at + 1] = u8::try_from(state + 1).unwrap_or(0);
        }
    }
    Ok(Parent::Level(comparison, map))
}

/// How many bits a level marked `never` speaks against one person: more than all other
/// evidence together can speak for it, so that clustering keeps such a pair apart.
pub const RULED_OUT: f64 = 100.0;

fn spec(written: &Written, states: usize) -> Result<ComparisonSpec, String> {
    let levels = written.level.len();
    if levels == 0 || levels > 15 {
        return Err(format!(
            "comparison '{}' needs 1 to 15 levels",
            written.name
        ));
    }
    let column = |pick: &dyn Fn(&Level) -> f64| {
        let list: Vec<f64> = written.level.iter().map(pick).collect();
        let sum: f64 = list.iter().sum();
        list.into_iter().map(|p| p / sum).collect::<Vec<f64>>()
    };
    let same = column(&|l| l.same);
    let unrelated = unrelated(&written.level);
    let (table_of, prior) = match written.scope {
        Some(Scope::Person) => {
            let relative = usize::from(!written.relative_is_same);
            ([0, 0, 1, relative, 1], vec![same, unrelated])
        }
        None => (
            [0, 1, 2, 3, 4],
            vec![
                same,
                column(&|l| l.other_job.unwrap_or(l.same)),
                column(&|l| l.colleague.unwrap_or(l.same)),
                column(&|l| l.relative.unwrap_or(l.same)),
                unrelated,
            ],
        ),
    };
    let mut prior = prior;
    for (at, level) in written.level.iter().enumerate() {
        if level.never {
            if !written.fixed {
                return Err(format!(
                    "comparison '{}': a level is 'never' only where the comparison is 'fixed'",
                    written.name
                ));
            }
            for class in ONE_PERSON {
                let table = &mut prior[table_of[class]];
                table[at] = level.same / RULED_OUT.exp2();
                let sum: f64 = table.iter().sum();
                table.iter_mut().for_each(|p| *p /= sum);
            }
        }
    }
    let differs = written
        .differs
        .iter()
        .map(|name| {
            let at = written.level.iter().position(|l| l.name == *name);
            at.and_then(|at| u8::try_from(at + 1).ok())
                .ok_or_else(|| format!("comparison '{}' has no level '{name}'", written.name))
        })
        .collect::<Result<Vec<u8>, String>>()?;
    Ok(ComparisonSpec {
        name: written.name.clone(),
        levels,
        states,
        table_of,
        tables: prior.len(),
        prior,
        differs,
        tells_classes: written.tells_classes,
        fixed: written.fixed,
    })
}

/// u from m and the bits; what is left over belongs to the weakest level.
fn unrelated(levels: &[Level]) -> Vec<f64> {
    let mut u: Vec<f64> = levels.iter().map(|l| l.same / l.bits.exp2()).collect();
    let last = u.len() - 1;
    let others: f64 = u[..last].iter().sum();
    if others < 1.0 {
        u[last] = 1.0 - others;
    }
    let sum: f64 = u.iter().sum();
    u.into_iter().map(|p| p / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    #[test]
    fn the_built_in_model_parses_and_its_tables_sum_to_one() {
        let text = Rulebook::builtin().file("matching.toml").expect("built in");
        let models = Models::parse(text, &MatchPlan::default()).expect("the built-in model");
        for spec in models
            .people
            .specs
            .iter()
            .chain(&models.organisations.specs)
        {
            for table in &spec.prior {
                assert!(
                    (table.iter().sum::<f64>() - 1.0).abs() < 1e-9,
                    "{}",
                    spec.name
                );
                assert!(table.iter().all(|p| *p > 0.0), "{}", spec.name);
            }
        }
    }
}
