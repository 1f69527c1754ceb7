//! Which records are one person: block → compare → estimate → cluster.

use crate::contact::{Diagnostic, Events};

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
    pub events: Events,
    pub diagnostics: Vec<Diagnostic>,
}

/// One compared pair.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedPair {
    pub left: u32,
    pub right: u32,
    /// log2 odds of one person, prior included.
    pub match_weight: f32,
    pub match_probability: f32,
    /// What speaks for and against, strongest first: (evidence, bits).
    pub evidence: Vec<(String, f32)>,
}
