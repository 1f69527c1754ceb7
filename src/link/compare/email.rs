//! Email addresses, by their comparison keys: any address of one record against
//! any of the other, the strongest level counts.

use rapidfuzz::distance::osa;

use crate::link::features::{Email, Features};

/// 1 same · 2 same, one or two other given names use it · 3 same, a role mailbox or more names ·
/// 4 typo · 5 same local part that is not made of the name, other domain · 6 the same, made of the
/// name · 7 resembling: a few edits over the whole address · 8 numbered apart at one employer
/// (`ann.lee@`, `ann.lee2@`) · 9 different, same work domain · 10 two work domains · 11 private
/// and work · 12 both private; 0 missing.
#[must_use]
pub fn compare(f: &Features, a: usize, b: usize) -> u8 {
    let (x, y) = (&f.cards[a], &f.cards[b]);
    if x.emails == 0 || y.emails == 0 {
        return 0;
    }
    if x.emails == 1 && y.emails == 1 {
        return pair(f, a, b, x.email, y.email);
    }
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
    if left.local_letters == right.local_letters && left.local == right.local && !left.role {
        match (f.made_of_name(a, left), f.made_of_name(b, right)) {
            (false, false) => return 5,
            // Both names make this mailbox: namesakes have it at any company that makes
            // addresses so, and it says no more than the names do. A number is news.
            (true, true) if digits(&left.local) < 2 => {}
            _ => return 6,
        }
    }
    if resembling(left, right) {
        return 7;
    }
    match (left.private, right.private) {
        (true, true) => 12,
        (true, false) | (false, true) => 11,
        (false, false) if left.domain == right.domain => {
            if numbered_apart(&left.local, &right.local) {
                8
            } else {
                9
            }
        }
        (false, false) => 10,
    }
}

/// The same letters with another number: an employer tells namesakes apart like this.
fn numbered_apart(a: &str, b: &str) -> bool {
    let letters = |s: &str| s.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    a != b && letters(a) >= 3 && a[..letters(a)] == b[..letters(b)]
}

fn digits(local: &str) -> usize {
    local.bytes().filter(u8::is_ascii_digit).count()
}

/// Damaged on both sides of the `@`: one edit in eight letters, over the whole address. At one
/// domain the difference is the person's, so it does not count.
fn resembling(a: &Email, b: &Email) -> bool {
    if a.role || b.role || a.domain == b.domain {
        return false;
    }
    let least = a.local_letters.edits(b.local_letters) + a.domain_letters.edits(b.domain_letters);
    let length = |e: &Email| e.local.len() + e.domain_name.len();
    let (shorter, longer) = (length(a).min(length(b)), length(a).max(length(b)));
    let allowed = shorter / 8;
    if longer - shorter > allowed || least as usize > allowed {
        return false;
    }
    let distance = |x: &str, y: &str| {
        osa::distance_with_args(
            x.bytes(),
            y.bytes(),
            &osa::Args::default().score_cutoff(allowed),
        )
    };
    distance(&a.local, &b.local)
        .zip(distance(&a.domain_name, &b.domain_name))
        .is_some_and(|(x, y)| x + y <= allowed)
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
            && a.local_letters.edits(b.local_letters) <= 1
            && a.local.bytes().next() == b.local.bytes().next()
            && a.local != b.local
            && one(&a.local, &b.local)
            && digits(&a.local) == digits(&b.local)
    } else if a.local_letters == b.local_letters
        && a.domain_letters.edits(b.domain_letters) <= 1
        && a.local == b.local
        && a.local.len() >= 4
    {
        one(&a.domain_name, &b.domain_name)
    } else {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::card::Letters;

    #[test]
    fn a_number_tells_namesakes_apart() {
        assert!(numbered_apart("ann.lee", "ann.lee2"));
        assert!(numbered_apart("ann.lee1", "ann.lee2"));
        assert!(!numbered_apart("ann.lee", "ann.lees"));
        assert!(!numbered_apart("a1", "a2"));
    }

    #[test]
    fn an_edit_in_eight_letters_resembles() {
        let mail = |local: &str, domain: &str, id: u32| Email {
            local: local.into(),
            local_letters: Letters::of(local),
            domain_name: domain.into(),
            domain_letters: Letters::of(domain),
            domain: id,
            ..Email::default()
        };
        let a = mail("harleyk", "houston.net", 1);
        assert!(resembling(&a, &mail("haoleyk", "hovston.net", 2)));
        assert!(!resembling(&a, &mail("haoleyk", "houston.net", 1)));
        assert!(!resembling(&a, &mail("markb", "hudson.net", 3)));
    }
}
