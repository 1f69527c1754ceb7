//! What standardising found doubtful, under the rulebook: rules of the kind
//! `doubt` give it severity, owner and action. A doubt without a rule stays as it
//! was raised; one whose rule is switched off, or does not look at the record, is
//! left out or left alone.

use std::sync::Arc;

use hashbrown::HashMap;

use super::kind::{Kind, Scope};
use super::rule::{Rule, Rules};
use crate::contact::{Action, Broken, Violations};

/// A doubt's violation with the index of its rule, if it has one.
pub struct Judged {
    pub violations: Violations,
    /// One a violation.
    pub rules: Vec<Option<usize>>,
}

/// Applies the doubt rules; `scopes` gives the rows that a rule (by index) looks at.
pub fn judge<'a>(
    doubts: Violations,
    rules: &Rules,
    scopes: impl Fn(usize) -> Option<&'a Scope>,
) -> Judged {
    let mut by_doubt: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, rule) in rules.list.iter().enumerate() {
        if let Kind::Doubt(doubt) = &rule.kind {
            by_doubt.entry(doubt).or_default().push(at);
        }
    }
    let words: Vec<Words> = rules.list.iter().map(Words::of).collect();
    let mut judged = Judged {
        violations: Vec::with_capacity(doubts.len()),
        rules: Vec::with_capacity(doubts.len()),
    };
    let mut by_rule = Applied::default();
    for mut violation in doubts {
        let candidates = by_doubt.get(violation.rule.as_ref());
        // Of several rules for one doubt (by source, say) the first that looks at
        // the record counts.
        let at = candidates.and_then(|candidates| {
            candidates
                .iter()
                .copied()
                .find(|&at| scopes(at).is_none_or(|scope| scope.has(violation.record as usize)))
        });
        if let Some(at) = at {
            let rule = &rules.list[at];
            if !rule.enabled {
                continue;
            }
            violation.broken = by_rule.apply(at, rule, &words[at], &violation.broken);
        }
        judged.violations.push(violation);
        judged.rules.push(at);
    }
    judged
}

/// A rule's texts, shared by its violations.
struct Words {
    id: Arc<str>,
    owner: Arc<str>,
    message: Option<Arc<str>>,
}

impl Words {
    fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id.as_str().into(),
            owner: rule.owner.as_str().into(),
            message: rule.message.as_deref().map(Arc::from),
        }
    }
}

/// A doubt as it was found, and with its rule's words.
type Shared = (Arc<Broken>, Arc<Broken>);

/// Doubts with their rules' words, so that records that shared a doubt share these too.
#[derive(Default)]
struct Applied {
    /// By the doubt's address and the rule's index; the doubt is held, so that no other
    /// gets its address.
    known: HashMap<(usize, usize), Shared, foldhash::fast::FixedState>,
}

impl Applied {
    fn apply(&mut self, at: usize, rule: &Rule, words: &Words, doubt: &Arc<Broken>) -> Arc<Broken> {
        let address = Arc::as_ptr(doubt).addr();
        let (_, ruled) = self.known.entry((address, at)).or_insert_with(|| {
            let mut ruled = Broken::clone(doubt);
            apply(rule, words, &mut ruled);
            (doubt.clone(), Arc::new(ruled))
        });
        ruled.clone()
    }
}

fn apply(rule: &Rule, words: &Words, violation: &mut Broken) {
    violation.rule = words.id.clone();
    violation.owner = words.owner.clone();
    if rule.severity_given {
        violation.severity = rule.severity;
    }
    if let Some(message) = &words.message {
        violation.message = message.clone();
    }
    // What standardising did to the value stays said, unless the record is held
    // or the value goes: only `flag` over `quarantine` takes something back.
    match rule.action {
        _ if !rule.action_given => {}
        Action::Quarantine | Action::Clear => violation.action = rule.action,
        Action::Flag | Action::Fix => {
            if violation.action == Action::Quarantine {
                violation.action = Action::Flag;
            }
        }
    }
}
