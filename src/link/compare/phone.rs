//! Phones by their last eight digits; how many people share one counts.

use super::Side;
use crate::link::card::digits;
use crate::link::features::Features;

/// 1 same, nobody else's · 2 same, one or two other given names use it · 3 same, three or more (a
/// switchboard) · 4 one digit off, or the last seven · 5 different; 0 missing.
#[must_use]
pub fn compare(f: &Features, (a, x): Side<'_>, (b, y): Side<'_>) -> u8 {
    if x.phones == 0 || y.phones == 0 {
        return 0;
    }
    let mut best = 5;
    if x.phones <= 2 && y.phones <= 2 {
        for (at, &one) in x.phone.iter().enumerate().take(x.phones.into()) {
            for &other in y.phone.iter().take(y.phones.into()) {
                let level = if one == other {
                    x.phone_fan(at)
                } else if near_digits(one, other) {
                    4
                } else {
                    5
                };
                best = best.min(level);
            }
        }
        return best;
    }
    let (left, right) = (f.phones.of(a), f.phones.of(b));
    for &x in left {
        for &y in right {
            let level = if x == y {
                f.phone_fan[x as usize].level()
            } else if near_digits(f.packed_phones[x as usize], f.packed_phones[y as usize]) {
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
    near_digits(digits(a), digits(b))
}

/// The same of numbers that have a digit in four bits.
const fn near_digits(a: u32, b: u32) -> bool {
    let apart = a ^ b;
    // A bit for each digit that differs.
    let differing = (apart | apart >> 1 | apart >> 2 | apart >> 3) & 0x1111_1111;
    differing.count_ones() == 1 || apart & 0x0FFF_FFFF == 0
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn a_digit_may_differ_or_the_first_of_eight() {
        assert!(near(55_550_123, 55_550_173));
        assert!(near(55_550_123, 45_550_123));
        assert!(near(55_550_123, 55_550_123));
        assert!(!near(55_550_123, 55_550_132));
        assert!(!near(0, 11));
    }
}
