//! Where two values differ: words first, then the letters of words that are alike.

use unicode_segmentation::UnicodeSegmentation;

/// A stretch of a value that is in the other one too, or is not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Stretch {
    #[serde(rename = "t")]
    pub text: String,
    #[serde(rename = "d")]
    pub differs: bool,
}

/// Pieces of a value beyond which only the common start and end are looked for.
const LONG: usize = 160;
/// Words at least this alike are compared by letter.
const ALIKE: f64 = 0.5;

/// Both values in stretches. Case alone is no difference that is marked.
#[must_use]
pub fn marks(a: &str, b: &str) -> (Vec<Stretch>, Vec<Stretch>) {
    let (words_a, words_b) = (words(a), words(b));
    let mut out = (Vec::new(), Vec::new());
    let runs = runs(&words_a, &words_b);
    for run in &runs {
        match run {
            Run::Same(a, b) => {
                add(&mut out.0, &words_a[a.clone()].concat(), false);
                add(&mut out.1, &words_b[b.clone()].concat(), false);
            }
            Run::Differs(a, b) => {
                letters(
                    &words_a[a.clone()].concat(),
                    &words_b[b.clone()].concat(),
                    &mut out,
                );
            }
        }
    }
    (joined(out.0), joined(out.1))
}

/// What lies between two differences and is only a blank is part of the difference.
fn joined(list: Vec<Stretch>) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    let mut rest = list.into_iter().peekable();
    while let Some(stretch) = rest.next() {
        let between = !stretch.differs
            && stretch.text.trim().is_empty()
            && out.last().is_some_and(|last| last.differs)
            && rest.peek().is_some_and(|next| next.differs);
        add(&mut out, &stretch.text, stretch.differs || between);
    }
    out
}

/// What differs, letter by letter where both are alike.
fn letters(a: &str, b: &str, out: &mut (Vec<Stretch>, Vec<Stretch>)) {
    let similar = strsim::normalized_levenshtein(&a.to_lowercase(), &b.to_lowercase());
    if a.trim().is_empty() || b.trim().is_empty() || similar < ALIKE {
        add(&mut out.0, a, true);
        add(&mut out.1, b, true);
        return;
    }
    let (letters_a, letters_b): (Vec<&str>, Vec<&str>) =
        (a.graphemes(true).collect(), b.graphemes(true).collect());
    for run in runs(&letters_a, &letters_b) {
        let (differs, a, b) = match run {
            Run::Same(a, b) => (false, a, b),
            Run::Differs(a, b) => (true, a, b),
        };
        add(&mut out.0, &letters_a[a].concat(), differs);
        add(&mut out.1, &letters_b[b].concat(), differs);
    }
}

fn add(list: &mut Vec<Stretch>, text: &str, differs: bool) {
    if text.is_empty() {
        return;
    }
    match list.last_mut() {
        Some(last) if last.differs == differs => last.text.push_str(text),
        _ => list.push(Stretch {
            text: text.to_owned(),
            differs,
        }),
    }
}

/// Words and what stands between them, each a piece; nothing is lost.
fn words(value: &str) -> Vec<&str> {
    value.split_word_bounds().collect()
}

type Range = std::ops::Range<usize>;

enum Run {
    Same(Range, Range),
    Differs(Range, Range),
}

/// The longest common subsequence as runs of both lists, in order.
fn runs(a: &[&str], b: &[&str]) -> Vec<Run> {
    let same = |x: &str, y: &str| x == y || x.to_lowercase() == y.to_lowercase();
    let start = a.iter().zip(b).take_while(|(x, y)| same(x, y)).count();
    let end = a[start..]
        .iter()
        .rev()
        .zip(b[start..].iter().rev())
        .take_while(|(x, y)| same(x, y))
        .count();
    let (inner_a, inner_b) = (&a[start..a.len() - end], &b[start..b.len() - end]);
    let mut runs = vec![Run::Same(0..start, 0..start)];
    if inner_a.len() > LONG || inner_b.len() > LONG {
        runs.push(Run::Differs(start..a.len() - end, start..b.len() - end));
    } else {
        // length[i][j]: of the common subsequence of the rests from i and j.
        let (n, m) = (inner_a.len(), inner_b.len());
        let mut length = vec![vec![0u32; m + 1]; n + 1];
        for i in (0..n).rev() {
            for j in (0..m).rev() {
                length[i][j] = if same(inner_a[i], inner_b[j]) {
                    length[i + 1][j + 1] + 1
                } else {
                    length[i + 1][j].max(length[i][j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        let (mut from_i, mut from_j) = (0, 0);
        while i < n && j < m {
            if same(inner_a[i], inner_b[j]) {
                if (from_i, from_j) != (i, j) {
                    runs.push(Run::Differs(
                        start + from_i..start + i,
                        start + from_j..start + j,
                    ));
                }
                runs.push(Run::Same(
                    start + i..start + i + 1,
                    start + j..start + j + 1,
                ));
                (i, j) = (i + 1, j + 1);
                (from_i, from_j) = (i, j);
            } else if length[i + 1][j] >= length[i][j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
        if from_i < n || from_j < m {
            runs.push(Run::Differs(
                start + from_i..start + n,
                start + from_j..start + m,
            ));
        }
    }
    runs.push(Run::Same(a.len() - end..a.len(), b.len() - end..b.len()));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Differences in brackets.
    fn shown(a: &str, b: &str) -> (String, String) {
        let (x, y) = marks(a, b);
        let draw = |list: Vec<Stretch>| {
            list.into_iter()
                .map(|s| {
                    if s.differs {
                        format!("[{}]", s.text)
                    } else {
                        s.text
                    }
                })
                .collect::<String>()
        };
        (draw(x), draw(y))
    }

    #[test]
    fn what_differs_is_marked() {
        let both = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(shown("Ann", "ann"), both("Ann", "ann"));
        assert_eq!(shown("Muller", "Mueller"), both("Muller", "Mu[e]ller"));
        assert_eq!(
            shown("12 Mill Lane", "12 Oak Lane"),
            both("12 [Mill] Lane", "12 [Oak] Lane")
        );
        assert_eq!(
            shown("Northfield Inc", "Northfield"),
            both("Northfield[ Inc]", "Northfield")
        );
        assert_eq!(
            shown("+14155550100", "+14155550101"),
            both("+1415555010[0]", "+1415555010[1]")
        );
        assert_eq!(
            shown("Berlin Design", "Aoba Systems"),
            both("[Berlin Design]", "[Aoba Systems]")
        );
        assert_eq!(shown("Bob", "Alice"), both("[Bob]", "[Alice]"));
    }

    proptest::proptest! {
        /// Nothing is lost, and what is not marked is the same on both sides.
        #[test]
        fn stretches_are_the_values(a in "[a-cA-C é.@-]{0,30}", b in "[a-cA-C é.@-]{0,30}") {
            let (x, y) = marks(&a, &b);
            let all = |list: &[Stretch]| list.iter().map(|s| s.text.as_str()).collect::<String>();
            let same = |list: &[Stretch]| {
                let same = list.iter().filter(|s| !s.differs).map(|s| s.text.to_lowercase());
                same.collect::<String>().replace(' ', "")
            };
            proptest::prop_assert_eq!(all(&x), a);
            proptest::prop_assert_eq!(all(&y), b);
            proptest::prop_assert_eq!(same(&x), same(&y));
        }
    }
}
