//! Phones by their last eight digits; how many people share one counts.

use crate::link::features::Features;

/// 1 same, nobody else's · 2 same, one or two other given names use it · 3 same, three or more (a
/// switchboard) · 4 one digit off, or the last seven · 5 different; 0 missing.
#[must_use]
pub fn compare(f: &Features, a: usize, b: usize) -> u8 {
    let (x, y) = (&f.cards[a], &f.cards[b]);
    if x.phones == 0 || y.phones == 0 {
        return 0;
    }
    if x.phones == 1 && y.phones == 1 && x.phone != y.phone {
        return if near(x.phone, y.phone) { 4 } else { 5 };
    }
    let (left, right) = (f.phones.of(a), f.phones.of(b));
    let mut best = 5;
    for &x in left {
        for &y in right {
            let level = if x == y {
                f.phone_fan[x as usize].level()
            } else if near(f.phone_digits[x as usize], f.phone_digits[y as usize]) {
                4
            } else {
                5
            };
            best = best.min(level);
        }
    }
    best
}

/// One of the last eight digits differs, or the last seven are the same.
pub(in crate::link) fn near(a: u32, b: u32) -> bool {
    if a % 10_000_000 == b % 10_000_000 {
        return true;
    }
    let (mut a, mut b, mut differing) = (a, b, 0);
    for _ in 0..8 {
        differing += u32::from(a % 10 != b % 10);
        a /= 10;
        b /= 10;
    }
    differing == 1
}
