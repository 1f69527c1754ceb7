//! Email addresses, by their comparison keys: any address of one record against
//! any of the other, the strongest level counts.

use rapidfuzz::distance::osa;

use crate::link::features::{Email, Features};

/// 1 same · 2 same, one or two other given names use it · 3 same, a role mailbox or more names ·
/// 4 typo · 5 same local part that is not made of the name, other domain · 6 the same, made of the
/// name · 7 different, same work domain · 8 two work domains · 9 private and work · 10 both private;
/// 0 missing.
#[must_use]
pub fn compare(f: &Features, a: usize, b: usize) -> u8 {
    let (left, right) = (f.emails.of(a), f.emails.of(b));
    let mut best = 0;
    for &x in left {
        for &y in right {
            let level = pair(f, a, b, x, y);
            if best == 0 || level < best {
                best = level;
            }
        }
    }
    best
}

fn pair(f: &Features, a: usize, b: usize, x: u32, y: u32) -> u8 {
    let (left, right) = (&f.email_list[x as usize], &f.email_list[y as usize]);
    if x == y {
        return if left.role {
            3
        } else {
            f.email_fan[x as usize].level()
        };
    }
    if typo(left, right) {
        return 4;
    }
    if left.local == right.local && !left.role {
        return if f.made_of_name(a, left) || f.made_of_name(b, right) {
            6
        } else {
            5
        };
    }
    match (left.private, right.private) {
        (true, true) => 10,
        (true, false) | (false, true) => 9,
        (false, false) if left.domain == right.domain => 7,
        (false, false) => 8,
    }
}

/// One edit in the local part (not its first letter) or in the domain.
fn typo(a: &Email, b: &Email) -> bool {
    let one = |x: &str, y: &str| {
        osa::distance_with_args(x.bytes(), y.bytes(), &osa::Args::default().score_cutoff(1))
            .is_some()
    };
    if a.role || b.role {
        return false;
    }
    if a.domain == b.domain {
        let digits = |s: &str| s.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
        a.local.len() >= 5
            && a.local.bytes().next() == b.local.bytes().next()
            && a.local != b.local
            && one(&a.local, &b.local)
            && digits(&a.local) == digits(&b.local)
    } else if a.local == b.local && a.local.len() >= 4 {
        one(&a.domain_name, &b.domain_name)
    } else {
        false
    }
}
