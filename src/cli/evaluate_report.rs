//! An evaluation in words.

use std::fmt::Write as _;

use super::canvas::Canvas;
use super::waterfall;
use crate::link::evaluate::{AtThreshold, Cause, Evaluation, Mistake, Part, Score};

/// The report that `karat evaluate` prints.
#[must_use]
pub fn text(e: &Evaluation, canvas: Canvas) -> String {
    let mut out = String::new();
    head(e, &mut out);
    calibration(e, &mut out);
    thresholds(e, &mut out);
    parts("by sources", &e.by_source_pair, &mut out);
    parts("by kind of record, on either side", &e.by_kind, &mut out);
    let why = &e.missed_because;
    let _ = write!(
        out,
        "\nwhy {} true pairs were missed\n{:>7} their own weight is too low\n{:>7} their weight would do; the other records of the two clusters speak against\n{:>7} blocking did not bring them (would do by weight: {})\n{:>7} decided, or in a source without duplicates\n{:>7} held out of the golden set\n",
        e.missed_pairs,
        why.weight,
        why.others,
        why.not_compared,
        why.not_compared_above_threshold,
        why.decided,
        why.held_out,
    );
    for (title, list) in [
        ("most confident false merges", &e.false_merges),
        ("most confident misses", &e.misses),
    ] {
        mistakes(title, list, canvas, &mut out);
    }
    out.push_str("\nsee both records side by side: karat explain --plan PLAN.toml LEFT RIGHT\n");
    out
}

fn head(e: &Evaluation, out: &mut String) {
    let _ = write!(
        out,
        "{} records that the truth knows: {} true pairs, {} found, {} of them false, {} missed\n\n",
        e.records, e.true_pairs, e.found_pairs, e.false_pairs, e.missed_pairs
    );
    let _ = writeln!(out, "{:<18} {}", "pairwise", score(&e.pairwise));
    let _ = writeln!(out, "{:<18} {}", "B-cubed", score(&e.bcubed));
    let own = &e.own_estimate;
    let _ = writeln!(
        out,
        "{:<18} precision {:.4} ({:.3} to {:.3})  recall {:.4} ({:.3} to {:.3})",
        "without the truth",
        own.precision,
        own.precision_low,
        own.precision_high,
        own.recall,
        own.recall_low,
        own.recall_high
    );
    let _ = writeln!(
        out,
        "{:<18} pair completeness {:.4}  {:.1} candidate pairs a record",
        "blocking", e.pair_completeness, e.pairs_per_record
    );
}

fn score(score: &Score) -> String {
    format!(
        "precision {:.4}  recall {:.4}  F1 {:.4}",
        score.precision, score.recall, score.f1
    )
}

fn calibration(e: &Evaluation, out: &mut String) {
    out.push_str("\ncalibration of the match probability\n");
    let _ = writeln!(
        out,
        "{:>14} {:>8} {:>8} {:>9}",
        "probability", "said", "true", "pairs"
    );
    for bin in &e.calibration.calibration {
        let range = format!("{:.2} to {:.2}", bin.from, bin.to);
        let _ = writeln!(
            out,
            "{range:>14} {:>8.4} {:>8.4} {:>9}",
            bin.said, bin.truth, bin.pairs
        );
    }
    let _ = writeln!(
        out,
        "Brier score {:.5} over all compared pairs, {:.4} over the {} that are called uncertain (0.01 to 0.99)",
        e.calibration.brier, e.calibration.brier_uncertain, e.calibration.uncertain_pairs
    );
}

fn thresholds(e: &Evaluation, out: &mut String) {
    let all = &e.thresholds;
    out.push_str("\nby threshold on a cluster's average\n");
    let _ = writeln!(
        out,
        "{:>12} {:>6} {:>10} {:>7} {:>7} {:>11}",
        "probability", "bits", "precision", "recall", "F1", "B-cubed F1"
    );
    for at in &all.tried {
        let mark = match (*at == all.run, *at == all.best) {
            (true, true) => "  <- this run, the best",
            (true, false) => "  <- this run",
            (false, true) => "  <- the best",
            (false, false) => "",
        };
        let _ = writeln!(
            out,
            "{:>12.3} {:>+6.1} {:>10.4} {:>7.4} {:>7.4} {:>11.4}{mark}",
            at.threshold,
            at.bits,
            at.pairwise.precision,
            at.pairwise.recall,
            at.pairwise.f1,
            at.bcubed.f1
        );
    }
    let f1 = |at: &AtThreshold| at.pairwise.f1;
    if all.run == all.best {
        out.push_str("no other threshold does better\n");
    } else {
        let _ = writeln!(
            out,
            "this run's threshold is {:.4} of F1 below the best, {:.2}",
            f1(&all.best) - f1(&all.run),
            all.best.threshold
        );
    }
}

fn parts(title: &str, list: &[Part], out: &mut String) {
    let width = list
        .iter()
        .map(|part| part.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(title.chars().count());
    let _ = writeln!(
        out,
        "\n{title:<width$} {:>8} {:>10} {:>7} {:>10} {:>7} {:>7}",
        "records", "true pairs", "false", "precision", "recall", "F1"
    );
    // A score over nothing is no score.
    let share = |value: f64, of: u64| {
        if of == 0 {
            "-".to_owned()
        } else {
            format!("{value:.4}")
        }
    };
    for part in list {
        let _ = writeln!(
            out,
            "{:<width$} {:>8} {:>10} {:>7} {:>10} {:>7} {:>7}",
            part.name,
            part.records,
            part.true_pairs,
            part.false_pairs,
            share(part.score.precision, part.found_pairs),
            share(part.score.recall, part.true_pairs),
            share(part.score.f1, part.true_pairs.min(part.found_pairs))
        );
    }
}

fn mistakes(title: &str, list: &[Mistake], canvas: Canvas, out: &mut String) {
    let _ = writeln!(out, "\n{title} ({} shown)", list.len());
    for pair in list {
        let _ = writeln!(
            out,
            "\n{} + {}   {:+.2} bits, match probability {:.4}{}",
            pair.left,
            pair.right,
            pair.weight,
            pair.probability,
            because(pair.cause)
        );
        out.push_str(&waterfall::draw_evidence(&pair.evidence, canvas));
    }
}

const fn because(cause: Cause) -> &'static str {
    match cause {
        Cause::NotCompared => "; blocking did not bring this pair: compared now",
        Cause::Others => "; the other records of the clusters decided",
        Cause::Decided => "; decided",
        Cause::Weight | Cause::HeldOut => "",
    }
}
