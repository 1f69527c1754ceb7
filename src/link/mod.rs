//! Which records are one person: block → compare → estimate → cluster.
//!
//! Takes the validated table, gives clusters. The model is Fellegi–Sunter (1969)
//! with several latent classes and a tree of dependence, estimated by EM without
//! labels ([`kernel::em`]); clusters are not connected components
//! ([`kernel::cluster`]).

mod addresses;
pub mod block;
pub mod card;
pub mod cells;
pub mod columns;
pub mod common_names;
pub mod compare;
pub mod copies;
pub mod decisions;
pub mod employers;
mod estimate;
pub mod evaluate;
pub mod fans;
pub mod features;
pub mod fill;
pub mod histogram;
pub mod judge;
pub mod kept;
pub mod kernel;
pub mod learned;
pub mod lessons;
pub mod mailbox;
pub mod model;
pub mod names;
pub mod orgs;
pub mod own_estimate;
pub mod pairs;
pub mod score;
mod steps;
pub mod stored;
pub mod text_card;
pub mod texts;

use std::time::Duration;

use rayon::prelude::*;

use crate::contact::{
    Diagnostic, Event, EventKind, Events, Failure, FailureKind, Records, Stage, Table,
};
use crate::plan::{Plan, RecordKind};
use crate::rulebook::Rulebook;
use crate::standardise::company::CompanyRules;
use crate::standardise::email::EmailRules;
use crate::standardise::job_title::JobTitleRules;
use crate::watch::Watch;
use block::{BlockPlan, BlockStats, Candidates, Program};
use columns::{ColumnReport, Columns};
use compare::names::NameComparer;
use decisions::{Applied, Decision, DecisionReport};
use estimate::{estimate, random_patterns};
use features::{FeatureRules, Features, NONE};
use histogram::Histogram;
use judge::{Judge, Kind};
use kept::Kept;
use kernel::cluster::{Constraints, Link, cluster, components};
use kernel::em;
use kernel::guards::Guards;
use model::{MatchModel, ModelChange, Models};
pub use own_estimate::OwnEstimate;
use pairs::{Pairs, Patterns};
use score::{Scorer, probability};
use steps::Steps;
use stored::StoredModel;

/// What linking found.
#[derive(Clone, Debug, Default)]
pub struct Linked {
    /// For each row of the records: its cluster, named by the cluster's smallest
    /// row. A held record is its own cluster.
    pub cluster: Vec<u32>,
    /// For each row: the match probability of the record with the rest of its
    /// cluster (1 for a single record).
    pub probability: Vec<f32>,
    /// Compared pairs that reach the review band or are inside a cluster, `left < right`,
    /// sorted.
    pub pairs: Vec<LinkedPair>,
    /// What the run remembers of its pairs; nothing unless it is written.
    pub kept: Option<(Kept, StoredModel)>,
    pub events: Events,
    pub diagnostics: Vec<Diagnostic>,
    pub report: LinkReport,
    /// How long blocking, comparing, estimating and clustering took.
    pub timings: Vec<(String, Duration)>,
}

/// One compared pair.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedPair {
    pub left: u32,
    pub right: u32,
    /// log2 odds of one person, prior included.
    pub match_weight: f32,
    pub match_probability: f32,
    /// What speaks for and against, strongest first: (evidence, bits). Only for
    /// pairs inside the review band.
    pub evidence: Vec<(String, f32)>,
}

/// Figures of the linking, for the summary.
#[derive(Clone, Debug, Default)]
pub struct LinkReport {
    pub records: u64,
    /// How many of them are organisations.
    pub organisations: u64,
    pub blocks: BlockStats,
    pub patterns: u64,
    /// Expected number of true pairs, by the model.
    pub estimated_pairs: f64,
    /// Estimated share of each class among all pairs.
    pub class_shares: Vec<(String, f64)>,
    /// The estimated probabilities: comparison, level, m (same person), u (unrelated).
    pub levels: Vec<LevelReport>,
    /// Columns that no field fits and that were looked at, the taken ones first.
    pub columns: Vec<ColumnReport>,
    pub own: OwnEstimate,
    /// All compared pairs by match weight.
    pub weights: Histogram,
    /// Aliases of names and Latin readings that the data showed.
    pub learned_aliases: usize,
    pub learned_readings: usize,
    /// Bits that one half of a name tells about the other; `None` where names show no
    /// communities.
    pub community_bits: Option<f64>,
    /// What the plan changed of the built-in model.
    pub changes: Vec<ModelChange>,
    /// What decisions changed of the estimated one, when there were enough.
    pub taught: Option<lessons::Taught>,
    /// What decisions bound.
    pub decisions: DecisionReport,
    pub clusters: u64,
    pub largest_cluster: u64,
}

/// One level of one comparison as estimated, over all parent states.
#[derive(Clone, Debug)]
pub struct LevelReport {
    pub comparison: String,
    pub level: String,
    pub m: f64,
    pub u: f64,
}

/// A linking that can still be asked about its pairs.
pub struct Linking {
    pub features: Features,
    pub candidates: Candidates,
    pub judge: Judge,
    pub links: Vec<Link>,
    pub constraints: Constraints,
    pub guards: Guards,
}

/// Which compared pairs are kept for asking about them afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Those that clustering and reviewing need.
    Near,
    All,
}

/// Links the records that are not held.
///
/// # Errors
/// A fault in the built-in model (exit 70).
#[expect(clippy::too_many_arguments, reason = "what the stages before it made")]
pub fn link(
    records: &Records,
    table: &Table,
    linkable: &[bool],
    decisions: &[Decision],
    plan: &Plan,
    rulebook: &Rulebook,
    keep: Keep,
    watch: &dyn Watch,
) -> Result<(Linked, Linking), Failure> {
    let mut steps = Steps::new(watch);
    let share = steps.parts("block", records.rows(), 2)?;
    let broken = |e| {
        Failure::one(
            FailureKind::Internal,
            Diagnostic::error("match_model", format!("the match model: {e}")),
        )
    };
    let models = Models::parse(rulebook.file("matching.toml").unwrap_or(""), &plan.matching)
        .map_err(broken)?;
    let fields: Vec<&str> = rulebook.fields().names().collect();
    let specs = |of| models.keys.specs(of, &fields).map_err(broken);
    let specs = (
        specs(RecordKind::People)?,
        specs(RecordKind::Organisations)?,
    );
    let rules = feature_rules(&models, rulebook);
    let mut features = Features::build(records, table, linkable, &rules, rulebook);
    features.left_out.clone_from(&models.people.left_out);
    features
        .orgs
        .left_out
        .clone_from(&models.organisations.left_out);
    share.step();
    watch.go_on()?;
    let decided = decisions::apply(decisions, records, table)?;
    let mut diagnostics = decided.diagnostics;
    diagnostics.extend(common_names::told(&features.nobodies, table));
    let constraints = decided.bound.constraints(&features, records);
    features.copy_of = copies::find(&features, &constraints, plan.matching.max_block);
    let keys = block::Input {
        features: &features,
        records,
        table,
        rules: &rules,
    };
    let (keys, told) = Program::compile(&specs.0, &specs.1, keys);
    diagnostics.extend(told);
    let candidates = block::candidates(&features, &keys, block_plan(plan, features.len()));
    drop(keys);
    features.make_cards();
    share.step();
    steps.next("compare", features.len() as u64)?;
    let mut pairs = Pairs::compare(&features, candidates, watch);
    let share = steps.parts("estimate", records.rows(), 3)?;
    let counts = |kind: Kind| {
        let counted = pairs.counts(kind);
        let random = random_patterns(
            &features,
            pairs.candidates(),
            models.people.random_pairs,
            kind,
        );
        (counted, random)
    };
    let (people, organisations) = (counts(Kind::People), counts(Kind::Organisations));
    share.step();
    let copies = features.copy_of.iter().filter(|first| **first != NONE);
    let people_count = features.len() - features.orgs.count - copies.count();
    let n = (people_count, features.orgs.count);
    let scorer = |model: MatchModel, n: usize, (counted, random): &(Patterns, Patterns)| {
        let parameters = estimate(&model, n as u64, counted, random);
        Scorer::new(
            model,
            parameters,
            counted.iter().map(|(pattern, _)| *pattern),
        )
    };
    if people.0.len() + organisations.0.len() < 2 {
        diagnostics.push(Diagnostic::info(
            "match_model_priors",
            "too few pairs to estimate the match model: its priors stand",
        ));
    }
    let patterns = (people.0.len() + organisations.0.len()) as u64;
    let mut judge = Judge {
        people: scorer(models.people, n.0, &people),
        organisations: scorer(models.organisations, n.1, &organisations),
        people_columns: Columns::default(),
        organisation_columns: Columns::default(),
    };
    let columns = judge.learn_columns(
        columns::Input {
            features: &features,
            records,
            table,
            letters: &rules.letters,
        },
        &pairs,
    );
    let mut taught = if plan.matching.learn {
        let (people, applied) = (&mut judge.people, &decided.applied);
        lessons::teach(people, &features, applied, plan.matching.review)
    } else {
        None
    };
    share.step();
    pairs.weigh(&judge);
    share.step();
    let share = steps.parts("cluster", records.rows(), 2)?;
    let n = u32::try_from(features.len()).unwrap_or(u32::MAX);
    let weigh = |wanted: &[(u32, u32)]| {
        let mut names = pairs.names(&features);
        wanted
            .iter()
            .map(|&(a, b)| {
                let compared = judge::compare(&features, a, b, &mut names);
                judge.weight(&features, a, b, &compared)
            })
            .collect()
    };
    let threshold = score::bits(plan.matching.threshold);
    let guards = models.guards;
    let mut links = near_links(&pairs, n, &constraints, keep, plan, &guards);
    let (mut of, mut extra) = cluster(n, &links, &constraints, threshold, &guards, weigh);
    extra.extend(copies::follow(&features.copy_of, &mut of, threshold, weigh));
    share.step();
    let mut report = DecisionReport::count(&decided.applied, decided.idle);
    if decided.bound != decided.without {
        let without = decided.without.constraints(&features, records);
        let touched = decided.bound.linked(&features);
        let constraints = (&constraints, &without);
        report.compare(
            &of,
            (&links, &extra),
            constraints,
            &touched,
            (threshold, &guards),
            weigh,
        );
    }
    if let Some(taught) = &mut taught {
        let corrections = &judge.people.lessons;
        (taught.pairs_up, taught.pairs_down) = pairs.crossed(corrections, threshold);
    }
    links.extend(&extra);
    links.par_sort_unstable_by_key(|l| (l.left, l.right));
    let chosen = |wanted: &own_estimate::Wanted<'_>| {
        let mut chosen = pairs.chosen(wanted);
        chosen.extend(extra.iter().filter(|link| wanted(link)));
        chosen
    };
    let (own, weights) = rayon::join(
        || own_estimate::estimate(&of, &links, chosen),
        || {
            let extra = extra.iter().map(|link| link.weight);
            Histogram::of(&of, pairs.weights().chain(extra), &links)
        },
    );
    // Asking for the recall of blocking needs them; writing a run does not.
    let mut candidates = pairs.into_candidates();
    if keep == Keep::Near {
        candidates.forget();
    }
    let linking = Linking {
        features,
        candidates,
        judge,
        links,
        constraints,
        guards,
    };
    let mut linked = linking.outcome(&of, records, plan);
    linked.report.own = own;
    if keep == Keep::Near && plan.output.evidence {
        let kept = linking.keep(&of, &decided.applied, plan);
        linked.kept = Some((kept, StoredModel::of(&linking.judge, &linking.guards)));
    }
    linked.report.weights = weights;
    share.step();
    linked.report.patterns = patterns;
    linked.report.columns = columns;
    linked.report.taught = taught;
    linked.report.decisions = report;
    linked.events = decision_events(&decided.applied);
    linked.diagnostics = diagnostics;
    linked.timings = steps.end();
    Ok((linked, linking))
}

/// The lists that features need.
#[must_use]
pub fn feature_rules(models: &Models, rulebook: &Rulebook) -> FeatureRules {
    let model = &models.people;
    FeatureRules {
        organisations: models.organisation_names.clone(),
        letters: names::Letters::load(rulebook),
        sound: names::Sound::load(rulebook),
        email: EmailRules::load(rulebook),
        company: CompanyRules::load(rulebook),
        job_title: JobTitleRules::load(rulebook),
        particles: model.particles.clone(),
        generations: model
            .generations
            .iter()
            .map(|(word, generation)| (word.clone(), *generation))
            .collect(),
    }
}

/// Comparisons are cheap while records are few: a small file gets more partners.
fn block_plan(plan: &Plan, records: usize) -> BlockPlan {
    let partners = plan.matching.partners;
    BlockPlan {
        partners: if records < 50_000 {
            partners * 2
        } else {
            partners
        },
        max_block: plan.matching.max_block,
    }
}

/// The links that clustering needs: those that hold a loose component together, and
/// all others inside one; and those that a person may be asked about.
fn near_links(
    pairs: &Pairs,
    n: u32,
    constraints: &Constraints,
    keep: Keep,
    plan: &Plan,
    guards: &Guards,
) -> Vec<Link> {
    if keep == Keep::All {
        return pairs.links(|_| true);
    }
    let asked = score::bits(plan.matching.review.0);
    let strong = pairs.links(|link| f64::from(link.weight) > guards.loose);
    let component = components(n, &strong, constraints, guards);
    pairs.links(|link| {
        link.weight >= asked || component[link.left as usize] == component[link.right as usize]
    })
}

impl Linking {
    /// Clusters of dense indexes → the outcome over the records' rows.
    fn outcome(&self, of: &[u32], records: &Records, plan: &Plan) -> Linked {
        let f = &self.features;
        let mut cluster: Vec<u32> = (0u32..).take(records.rows()).collect();
        let mut sizes: Vec<u32> = vec![0; of.len()];
        // Without those that another record took part for.
        let mut compared: Vec<u32> = vec![0; of.len()];
        for ((at, &root), record) in of.iter().enumerate().zip(0_u32..) {
            cluster[f.rows[at] as usize] = f.rows[root as usize];
            sizes[root as usize] += 1;
            compared[root as usize] += u32::from(!f.is_copy(record));
        }
        let mut sums = vec![0f64; of.len()];
        let mut counts = vec![0u32; of.len()];
        let (low, high) = plan.matching.review;
        let mut kept = Vec::new();
        for link in &self.links {
            let (a, b) = (link.left as usize, link.right as usize);
            let inside = of[a] == of[b];
            if inside {
                let copy = f.is_copy(link.left) || f.is_copy(link.right);
                for side in [a, b].into_iter().filter(|&side| !copy || side == b) {
                    sums[side] += self.guards.clipped(link.weight);
                    counts[side] += 1;
                }
            }
            let p = f64::from(probability(link.weight));
            if inside || (low..=high).contains(&p) {
                kept.push(*link);
            }
        }
        let mut confidence = vec![1f32; records.rows()];
        for ((at, &root), record) in of.iter().enumerate().zip(0_u32..) {
            let others = if f.is_copy(record) {
                u32::from(root != record)
            } else {
                compared[root as usize] - 1
            };
            if others > 0 {
                let unseen = f64::from(others - counts[at].min(others));
                let sum = sums[at] + self.guards.uncompared * unseen;
                #[allow(clippy::cast_possible_truncation)] // bits
                let average = (sum / f64::from(others)) as f32;
                confidence[f.rows[at] as usize] = probability(average);
            }
        }
        let pairs = kept
            .par_iter()
            .map_init(
                || NameComparer::small(f),
                |names, link| {
                    let p = probability(link.weight);
                    let evidence = if (low..=high).contains(&f64::from(p)) {
                        self.evidence_of(link.left, link.right, names)
                    } else {
                        Vec::new()
                    };
                    LinkedPair {
                        left: f.rows[link.left as usize],
                        right: f.rows[link.right as usize],
                        match_weight: link.weight,
                        match_probability: p,
                        evidence,
                    }
                },
            )
            .collect();
        Linked {
            cluster,
            probability: confidence,
            pairs,
            report: self.report(of, &sizes),
            ..Linked::default()
        }
    }

    /// Evidence of a pair, strongest first, the prior left out.
    fn evidence_of(&self, a: u32, b: u32, names: &mut NameComparer<'_>) -> Vec<(String, f32)> {
        let compared = judge::compare(&self.features, a, b, names);
        #[allow(clippy::cast_possible_truncation)] // bits
        let mut list: Vec<(String, f32)> = self
            .judge
            .evidence(&self.features, a, b, &compared)
            .into_iter()
            .filter(|e| e.comparison != "prior")
            .map(|e| (format!("{}: {}", e.comparison, e.level), e.bits as f32))
            .collect();
        list.sort_by(|x, y| y.1.abs().total_cmp(&x.1.abs()).then_with(|| x.0.cmp(&y.0)));
        list
    }

    fn report(&self, of: &[u32], sizes: &[u32]) -> LinkReport {
        let organisations = self.features.orgs.count;
        let people = of.len() - organisations;
        let mut report = LinkReport {
            records: of.len() as u64,
            organisations: organisations as u64,
            blocks: self.candidates.stats.clone(),
            learned_aliases: self.features.learned.aliases(),
            learned_readings: self.features.learned.readings,
            community_bits: self.features.communities.gain(),
            changes: self.judge.people.model.changes.clone(),
            clusters: sizes.iter().filter(|&&s| s > 0).count() as u64,
            largest_cluster: sizes.iter().copied().max().unwrap_or(0).into(),
            ..LinkReport::default()
        };
        if people > 0 || organisations == 0 {
            report.take_up(
                &self.judge.people,
                people,
                [
                    "same person",
                    "same person, other job",
                    "colleague",
                    "relative",
                    "unrelated",
                ],
            );
        }
        if organisations > 0 {
            report.take_up(
                &self.judge.organisations,
                organisations,
                [
                    "same organisation",
                    "same organisation, moved",
                    "branch",
                    "neighbour",
                    "unrelated organisation",
                ],
            );
        }
        report
    }
}

impl LinkReport {
    /// Adds what one model was estimated to be.
    fn take_up(&mut self, scorer: &Scorer, records: usize, classes: [&str; em::CLASSES]) {
        let (parameters, model) = (&scorer.parameters, &scorer.model);
        #[allow(clippy::cast_precision_loss)] // counts of pairs
        let all = records as f64 * (records as f64 - 1.0) / 2.0;
        self.estimated_pairs += all * (parameters.share[0] + parameters.share[1]);
        for (name, share) in classes.iter().zip(parameters.share) {
            self.class_shares.push(((*name).to_owned(), share));
        }
        for (k, spec) in model.specs.iter().enumerate() {
            let mean = |table: usize, level: usize| {
                let states = &parameters.p[k][table];
                #[allow(clippy::cast_precision_loss)] // at most four states
                let mean = states.iter().map(|s| s[level]).sum::<f64>() / states.len() as f64;
                mean
            };
            for level in 0..spec.levels {
                self.levels.push(LevelReport {
                    comparison: spec.name.clone(),
                    level: model.level_names[k][level].clone(),
                    m: mean(spec.table_of[0], level),
                    u: mean(spec.table_of[4], level),
                });
            }
        }
    }
}

fn decision_events(applied: &[Applied]) -> Events {
    let mut events = Events::new();
    for decision in applied {
        for record in [decision.left, decision.right] {
            events.push(Event {
                stage: Stage::Link,
                kind: EventKind::Decision,
                record: Some(record),
                rule: decision.verdict.name(),
                reason: &decision.why,
                ..Event::default()
            });
        }
    }
    events
}
