//! What linking estimated, as `summary.json` has it under `model`.

use serde_json::{Map, Value, json};

use crate::link::LinkReport;
use crate::link::columns::LEVEL_NAMES;

/// The levels with m and u, the classes' shares, blocking, the run's own estimate.
#[must_use]
pub fn model(report: &LinkReport) -> Value {
    let levels: Vec<Value> = report
        .levels
        .iter()
        .map(|level| {
            json!({
                "comparison": level.comparison,
                "level": level.level,
                "m": rounded(level.m, 6),
                "u": rounded(level.u, 9),
                "bits": rounded((level.m / level.u).log2(), 2),
            })
        })
        .collect();
    let shares: Map<String, Value> = report
        .class_shares
        .iter()
        .map(|(class, share)| (class.clone(), rounded(*share, 9).into()))
        .collect();
    let own = &report.own;
    #[expect(clippy::cast_precision_loss, reason = "counts of records and pairs")]
    let per_record = report.blocks.pairs as f64 / report.records.max(1) as f64;
    let columns: Vec<Value> = report
        .columns
        .iter()
        .map(|column| {
            let levels: Map<String, Value> = LEVEL_NAMES
                .iter()
                .zip(&column.levels)
                .map(|(name, &(m, u))| {
                    let level = json!({
                        "m": rounded(m, 4),
                        "u": rounded(u, 6),
                        "bits": rounded((m / u).log2(), 2),
                    });
                    ((*name).to_owned(), level)
                })
                .collect();
            json!({
                "column": column.name,
                "of": column.kind,
                "taken": column.taken,
                "why_not": (!column.taken).then_some(&column.reason),
                "pairs": rounded(column.pairs, 1),
                "levels": levels,
            })
        })
        .collect();
    json!({
        "records": report.records,
        "organisations": report.organisations,
        "columns": columns,
        "blocking": {
            "keys": report.blocks.keys,
            "blocks": report.blocks.blocks,
            "oversized_blocks": report.blocks.oversized,
            "largest_block": report.blocks.largest,
            "candidate_pairs": report.blocks.pairs,
            "pairs_per_record": rounded(per_record, 2),
        },
        "patterns": report.patterns,
        "class_shares": shares,
        "estimated_true_pairs": rounded(report.estimated_pairs, 1),
        "estimate": {
            "precision": rounded(own.precision, 4),
            "precision_interval": [rounded(own.precision_low, 4), rounded(own.precision_high, 4)],
            "recall": rounded(own.recall, 4),
            "recall_interval": [rounded(own.recall_low, 4), rounded(own.recall_high, 4)],
        },
        "names": {
            "learned_aliases": report.learned_aliases,
            "learned_readings": report.learned_readings,
            "community_bits": report.community_bits.map(|bits| rounded(bits, 3)),
        },
        "changed_by_plan": report.changes,
        "taught_by_decisions": report.taught,
        "clusters": report.clusters,
        "largest_cluster": report.largest_cluster,
        "levels": levels,
    })
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
