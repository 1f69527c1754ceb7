//! `karat explain GOLDEN_ID`: the records of a golden record and what holds them together.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::canvas::{Canvas, Ink, clean, fit, width};
use super::explain_pair::who;
use super::waterfall::shown;
use crate::explain::group::{Group, Kept, Split};
use crate::explain::merges::Merge;
use crate::explain::pair_story::{self, Because, Tie, named};
use crate::explain::{Pair, Record, Run};
use crate::link::kept::Bound;
use crate::link::score::bits;

/// Records that are listed one by one.
const LISTED: usize = 60;
/// Pairs against that are listed.
const AGAINST: usize = 8;

/// A group with what is told of it.
pub struct GroupView<'a> {
    pub run: &'a Run,
    pub golden_id: &'a str,
    pub group: Group,
    /// Its merges by name; none where there is no log.
    pub merges: Vec<Merge>,
}

impl GroupView<'_> {
    fn threshold(&self) -> f32 {
        bits(pair_story::limits(&self.run.summary).threshold)
    }

    fn tie(&self, pair: &Pair) -> Tie {
        named(pair, &[&self.group])
    }

    fn name(&self, row: u32) -> String {
        self.group
            .record(row)
            .map(|record| clean(&record.name()))
            .unwrap_or_default()
    }

    /// What speaks against a pair, strongest first.
    fn pieces(&self, pair: &Pair, against: bool) -> String {
        let mut pieces = self.run.evidence(pair);
        pieces.retain(|piece| {
            piece.comparison != "prior" && (piece.bits < 0.0) == against && piece.bits.abs() >= 0.05
        });
        pieces.sort_by(|x, y| y.bits.abs().total_cmp(&x.bits.abs()));
        let shown: Vec<String> = pieces
            .iter()
            .take(3)
            .map(|piece| {
                format!(
                    "{} {} ({:+.1})",
                    clean(&piece.comparison).replace('_', " "),
                    clean(&piece.level),
                    piece.bits
                )
            })
            .collect();
        shown.join(", ")
    }

    pub fn text(&self, canvas: Canvas) -> String {
        let records = &self.group.records;
        let mut sources: Vec<&str> = records.iter().map(|r| r.source.as_str()).collect();
        sources.dedup();
        let mut out = format!(
            "{}  {} from {}\n\n",
            canvas.ink(&format!("Golden record {}", self.golden_id), Ink::Title),
            counted(records.len(), "record"),
            sources.join(", ")
        );
        self.list(canvas, &mut out);
        if records.len() < 2 {
            out.push_str("\nA single record: nothing holds it together. `karat explain ");
            let _ = writeln!(
                out,
                "{}` tells its nearest rivals.",
                self.name(records[0].row)
            );
            return out;
        }
        self.drawn(canvas, &mut out);
        self.weakest(canvas, &mut out);
        self.against(canvas, &mut out);
        self.merges(canvas, &mut out);
        let _ = writeln!(
            out,
            "\nA pair in full: karat explain A B · a value: karat explain {}.email",
            self.golden_id
        );
        out
    }

    /// The records, with what tells people apart.
    fn list(&self, canvas: Canvas, out: &mut String) {
        let records = &self.group.records;
        let shown: Vec<&Record> = records.iter().take(LISTED).collect();
        let mut columns: Vec<(&str, usize)> = vec![];
        let room = canvas.width;
        let name = shown.iter().map(|r| width(&clean(&r.name()))).max();
        let name = name.unwrap_or(0).min(room * 2 / 5);
        let mut left = room.saturating_sub(name + 1);
        for (field, most) in [
            ("who", 24),
            ("email", 32),
            ("phone", 16),
            ("company", 24),
            ("city", 16),
            ("updated_at", 20),
        ] {
            let longest = shown.iter().map(|r| width(&cell(r, field))).max();
            let wide = longest.unwrap_or(0).min(most);
            if wide > 0 && wide < left {
                columns.push((field, wide));
                left -= wide + 1;
            }
        }
        for record in shown {
            let mut line = fit(&clean(&record.name()), name);
            for (field, wide) in &columns {
                line.push(' ');
                line.push_str(&fit(&cell(record, field), *wide));
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
        if records.len() > LISTED {
            let _ = writeln!(out, "… and {} more", records.len() - LISTED);
        }
    }

    /// The strongest tree of links, from the record with the strongest link on.
    fn drawn(&self, canvas: Canvas, out: &mut String) {
        let Some(first) = self.group.ties().next() else {
            return;
        };
        let title = "What holds them together: the strongest tree of links, in bits";
        let _ = writeln!(out, "\n{}", canvas.ink(title, Ink::Title));
        let _ = writeln!(out, "{}", self.name(first.left));
        let mut seen = vec![first.left];
        self.branch(first.left, "", canvas, &mut seen, out);
    }

    fn branch(&self, row: u32, lead: &str, canvas: Canvas, seen: &mut Vec<u32>, out: &mut String) {
        let children: Vec<(&Pair, u32)> = self
            .group
            .ties()
            .filter(|pair| pair.left == row || pair.right == row)
            .map(|pair| (pair, pair.other(row)))
            .filter(|(_, other)| !seen.contains(other))
            .collect();
        seen.extend(children.iter().map(|(_, other)| *other));
        for (at, (pair, other)) in children.iter().enumerate() {
            let last = at + 1 == children.len();
            let (fork, below) = if last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let line = format!("{lead}{fork}{:>+6.1}  {}", pair.weight, self.name(*other));
            let room = canvas.width.saturating_sub(width(&line) + 2);
            let why = match pair.bound {
                Some(Bound::Always) => "decided to be one".to_owned(),
                _ => self.pieces(pair, false),
            };
            let why = fit(&why, room);
            let _ = writeln!(out, "{line}  {}", canvas.ink(why.trim_end(), Ink::Aside));
            if lead.len() < 60 {
                self.branch(*other, &format!("{lead}{below}"), canvas, seen, out);
            }
        }
    }

    /// The weakest link, and what keeps the group from being split there.
    fn weakest(&self, canvas: Canvas, out: &mut String) {
        let Some((weakest, split)) = self.group.weakest_split() else {
            return;
        };
        let tie = self.tie(weakest);
        out.push('\n');
        out.push_str(&canvas.wrapped(
            &format!(
                "{} {} – {}: {:+.1} bits, probability {}",
                canvas.ink("Weakest link:", Ink::Title),
                clean(&tie.left),
                clean(&tie.right),
                tie.weight,
                shown(f64::from(weakest.probability))
            ),
            2,
        ));
        if self.group.records.len() == 2 {
            return;
        }
        let smaller = if split.parts[0].len() <= split.parts[1].len() {
            &split.parts[0]
        } else {
            &split.parts[1]
        };
        let names: Vec<String> = smaller.iter().take(3).map(|row| self.name(*row)).collect();
        let more = smaller.len().saturating_sub(3);
        let who = if more > 0 {
            format!("{} and {more} more", names.join(", "))
        } else {
            names.join(", ")
        };
        let kept = self.kept(&split);
        out.push_str(&canvas.wrapped(
            &format!("Without it {who} would stand apart; what keeps the group from being split there: {kept}."),
            0,
        ));
    }

    /// What keeps two parts together, in words.
    fn kept(&self, split: &Split) -> String {
        let (threshold, guards) = (f64::from(self.threshold()), &self.group.guards);
        let kept = split.kept_by(threshold, guards);
        if let (Some(Kept::Decision), Some((left, right))) = (kept, split.decided) {
            return format!(
                "a decision says that {} and {} are one",
                self.name(left),
                self.name(right)
            );
        }
        let (Some(kept), Some(average)) = (kept, split.average) else {
            return "the average over all pairs between the two parts is above the threshold"
                .to_owned();
        };
        let over = format!(
            "over {} between the two parts the average is {average:+.1} bits (no pair counts more than {:.0})",
            match split.pairs {
                1 => "the one pair".to_owned(),
                pairs => format!("all {pairs} pairs"),
            },
            guards.clip,
        );
        match kept {
            Kept::LeftAlone => format!(
                "{over}, a little below the {threshold:+.1} from which parts are joined, but they were left with only each other, and such are joined from {:+.1} on",
                threshold - guards.alone
            ),
            Kept::Steps => format!(
                "{over}, below the {threshold:+.1} from which parts are joined, but they did not meet as these two: smaller parts of them were joined before, each above it"
            ),
            _ => format!("{over}, and above {threshold:+.1} they are joined"),
        }
    }

    fn against(&self, canvas: Canvas, out: &mut String) {
        let against = self.group.against(self.threshold());
        if against.is_empty() {
            out.push_str("No pair inside speaks against it.\n");
            return;
        }
        let title = format!(
            "{} inside {} against it",
            counted(against.len(), "pair"),
            if against.len() == 1 {
                "speaks"
            } else {
                "speak"
            }
        );
        let _ = writeln!(out, "\n{}", canvas.ink(&title, Ink::Title));
        for pair in against.iter().take(AGAINST) {
            let tie = self.tie(pair);
            let line = format!(
                "{:>+6.1}  {} – {}",
                pair.weight,
                clean(&tie.left),
                clean(&tie.right)
            );
            let _ = writeln!(out, "{line}");
            let why = self.pieces(pair, true);
            if !why.is_empty() {
                let why = fit(&why, canvas.width.saturating_sub(8));
                let _ = writeln!(out, "        {}", canvas.ink(why.trim_end(), Ink::Aside));
            }
        }
        if against.len() > AGAINST {
            let _ = writeln!(out, "        … and {} more", against.len() - AGAINST);
        }
    }

    /// What `karat undo` can take back of it, by name.
    fn merges(&self, canvas: Canvas, out: &mut String) {
        if self.merges.is_empty() {
            return;
        }
        let mut told: Vec<String> = self
            .merges
            .iter()
            .take(LISTED)
            .map(|merge| {
                let who = merge.record.as_ref().or(merge.from.as_ref());
                format!("{} {}", merge.event, clean(who.map_or("", String::as_str)))
            })
            .collect();
        if self.merges.len() > LISTED {
            told.push(format!("and {} more", self.merges.len() - LISTED));
        }
        let title = canvas.ink("Merges, to be taken back one by one:", Ink::Title);
        out.push('\n');
        out.push_str(&canvas.wrapped(&format!("{title} {}", told.join(" · ")), 2));
        let _ = writeln!(
            out,
            "One merge taken back: karat undo {}",
            self.merges[0].event
        );
    }

    pub fn json(&self) -> Value {
        let threshold = self.threshold();
        let records: Vec<Value> = self
            .group
            .records
            .iter()
            .map(|record| {
                json!({
                    "record": record.name(),
                    "values": values(record),
                    "match_probability": record.match_probability,
                    "strongest_link": self.group.strongest(record.row).map(|pair| self.tie(pair)),
                })
            })
            .collect();
        let stories: Vec<Value> = self
            .group
            .against(threshold)
            .into_iter()
            .take(AGAINST)
            .filter_map(|pair| {
                let left = self.group.record(pair.left)?;
                let right = self.group.record(pair.right)?;
                let story = pair_story::tell_with(self.run, pair, [left, right], Because::Weight);
                Some(json!({
                    "left": story.left, "right": story.right, "weight": story.weight,
                    "probability": story.probability, "evidence": story.evidence,
                }))
            })
            .collect();
        let names = |rows: &[u32]| -> Vec<String> {
            let records = rows.iter().filter_map(|row| self.group.record(*row));
            records.map(Record::name).collect()
        };
        let weakest = self.group.weakest_split().map(|(pair, split)| {
            json!({
                "link": self.tie(pair),
                "probability": pair.probability,
                "parts": [names(&split.parts[0]), names(&split.parts[1])],
                "pairs": split.pairs,
                "compared": split.compared,
                "average": split.average,
                "kept_by": split.kept_by(f64::from(threshold), &self.group.guards),
            })
        });
        json!({
            "golden_id": self.golden_id,
            "records": records,
            "tree": self.group.ties().map(|pair| self.tie(pair)).collect::<Vec<Tie>>(),
            "weakest": weakest,
            "against": stories,
            "merges": self.merges,
            "threshold_bits": threshold,
        })
    }
}

/// The filled fields of a record.
#[must_use]
pub fn values(record: &Record) -> Value {
    let values = record.values.iter();
    let map: serde_json::Map<String, Value> = values
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect();
    Value::Object(map)
}

fn cell(record: &Record, field: &str) -> String {
    match field {
        "who" => who(record),
        field => record.value(field).map(clean).unwrap_or_default(),
    }
}

/// `1 record`, `2 records`.
#[must_use]
pub fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
