//! Whether cells of two columns hold the same.

use super::text::Text;

/// Compares cells of two columns: by code where they share their distinct values, else
/// each pair of values once.
pub struct Alike<'a> {
    left: Option<&'a Text>,
    right: Option<&'a Text>,
    shared: bool,
    /// By code of the left column, the code of the right one that was seen to be the same,
    /// plus one.
    known: Vec<u32>,
}

impl<'a> Alike<'a> {
    /// A column that is not there has missing cells.
    #[must_use]
    pub fn of(left: Option<&'a Text>, right: Option<&'a Text>) -> Self {
        let shared = left.zip(right).is_some_and(|(a, b)| a.shares_codes(b));
        Self {
            left,
            right,
            shared,
            known: match (left, right) {
                (Some(left), Some(_)) if !shared => vec![0; left.distinct()],
                _ => Vec::new(),
            },
        }
    }

    /// Whether the cell of `row` on the left is that of `other` on the right.
    pub fn are(&mut self, row: usize, other: usize) -> bool {
        let other = self.right.and_then(|column| column.code(other));
        self.is(row, other)
    }

    /// The same where the code of the right cell is known, none for a missing one.
    pub fn is(&mut self, row: usize, other: Option<u32>) -> bool {
        let with = |column: Option<&'a Text>, code: Option<u32>| Some((column?, code?));
        let code = self.left.and_then(|column| column.code(row));
        match (with(self.left, code), with(self.right, other)) {
            (None, None) => true,
            (Some((_, a)), Some((_, b))) if self.shared => a == b,
            (Some((left, a)), Some((right, b))) => {
                let known = &mut self.known[a as usize];
                if *known != b + 1 {
                    if left.value(a) != right.value(b) {
                        return false;
                    }
                    *known = b + 1;
                }
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_alike_as_their_texts_are() {
        let one: Text = [Some("a"), None, Some("b"), Some("a")]
            .into_iter()
            .collect();
        let two: Text = [Some("b"), Some("a"), None, Some("c")]
            .into_iter()
            .collect();
        let of_one = one.of_codes(vec![2, 0, 1, 1]);
        for right in [&two, &of_one] {
            let mut alike = Alike::of(Some(&one), Some(right));
            for row in (0..4).chain(0..4) {
                for other in 0..4 {
                    let same = one.get(row) == right.get(other);
                    assert_eq!(alike.are(row, other), same);
                    assert_eq!(alike.is(row, right.code(other)), same);
                }
            }
        }
        let mut none = Alike::of(None, Some(&two));
        assert!(none.are(0, 2) && !none.are(0, 0));
    }
}
