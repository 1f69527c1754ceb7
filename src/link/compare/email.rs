//! Email addresses, by their comparison keys: any address of one record against
//! any of the other, the strongest level counts.

use rapidfuzz::distance::osa;

use super::Side;
use crate::link::card::Address;
use crate::link::features::{Email, Features};

/// 1 same · 2 same, one or two other given names use it · 3 same, a role mailbox or more names ·
/// 4 typo · 5 same local part that is not made of the name, other domain · 6 the same, made of the
/// name · 7 resembling: a few edits over the whole address · 8 numbered apart at one employer
/// (`ann.lee@`, `ann.lee2@`) · 9 different, same work domain · 10 two work domains · 11 private
/// and work · 12 both private; 0 missing.
#[must_use]
pub fn compare(f: &Features, (a, x): Side<'_>, (b, y): Side<'_>) -> u8 {
    if x.emails == 0 || y.emails == 0 {
        return 0;
    }
    if x.emails == 1 && y.emails == 1 {
        return pair(f, (a, x.email, &x.address), (b, y.email, &y.address));
    }
    let (left, right) = (f.emails.of(a), f.emails.of(b));
    let mut best = 0;
    for &x in left {
        let one = Address::of(&f.email_list[x as usize]);
        for &y in right {
            let other = Address::of(&f.email_list[y as usize]);
            let level = pair(f, (a, x, &one), (b, y, &other));
            if best == 0 || level < best {
                best = level;
            }
        }
    }
    best
}

/// Record, number of the address, and what tells it apart.
type One<'a> = (usize, u32, &'a Address);

/// Texts are looked at only where letters, lengths and hashes leave a doubt.
fn pair(f: &Features, (a, x, left): One<'_>, (b, y, right): One<'_>) -> u8 {
    if x == y {
        return if left.role {
            3
        } else {
            f.email_fan[x as usize].level()
        };
    }
    let text = |at: u32| &f.email_list[at as usize];
    let may_be_near = left.local_letters.edits(right.local_letters) <= 1;
    if may_be_near && typo((left, right), || (text(x), text(y))) {
        return 4;
    }
    let same = left.local_letters == right.local_letters
        && left.local == right.local
        && text(x).local == text(y).local;
    if same && !left.role {
        match (f.made_of_name(a, text(x)), f.made_of_name(b, text(y))) {
            (false, false) => return 5,
            // Both names make this mailbox: namesakes have it at any company that makes
            // addresses so, and it says no more than the names do. A number is news.
            (true, true) if digits(&text(x).local) < 2 => {}
            _ => return 6,
        }
    }
    if resembling((left, right), || (text(x), text(y))) {
        return 7;
    }
    match (left.private, right.private) {
        (true, true) => 12,
        (true, false) | (false, true) => 11,
        (false, false) if left.domain == right.domain => {
            let letters = left.local_letters.same_without_digits(right.local_letters);
            if letters && numbered_apart(&text(x).local, &text(y).local) {
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
fn resembling<'e>(
    (a, b): (&Address, &Address),
    texts: impl FnOnce() -> (&'e Email, &'e Email),
) -> bool {
    if a.role || b.role || a.domain == b.domain {
        return false;
    }
    let least = a.local_letters.edits(b.local_letters) + a.domain_letters.edits(b.domain_letters);
    // A length that is cut says little, and the texts decide.
    let cut = |a: &Address| a.local_length == u8::MAX || a.domain_length == u8::MAX;
    let length = |a: &Address| u32::from(a.local_length) + u32::from(a.domain_length);
    let (shorter, longer) = (length(a).min(length(b)), length(a).max(length(b)));
    let far = longer - shorter > shorter / 8 || least > shorter / 8;
    if far && !cut(a) && !cut(b) {
        return false;
    }
    let (a, b) = texts();
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
fn typo<'e>((a, b): (&Address, &Address), texts: impl FnOnce() -> (&'e Email, &'e Email)) -> bool {
    let one = |x: &str, y: &str| {
        osa::distance_with_args(x.bytes(), y.bytes(), &osa::Args::default().score_cutoff(1))
            .is_some()
    };
    if a.role || b.role {
        return false;
    }
    if a.domain == b.domain {
        if a.local_length < 5
            || a.local_length.abs_diff(b.local_length) > 1
            || !a.local_letters.same_start(b.local_letters)
        {
            return false;
        }
        let (a, b) = texts();
        let digits = |text: &'e str| text.bytes().filter(u8::is_ascii_digit);
        a.local.bytes().next() == b.local.bytes().next()
            && a.local != b.local
            && one(&a.local, &b.local)
            && digits(&a.local).eq(digits(&b.local))
    } else if a.local_letters == b.local_letters
        && a.local == b.local
        && a.local_length >= 4
        && a.domain_letters.edits(b.domain_letters) <= 1
    {
        let (a, b) = texts();
        a.local == b.local && one(&a.domain_name, &b.domain_name)
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
        let resembles = |b: &Email| {
            let (x, y) = (Address::of(&a), Address::of(b));
            resembling((&x, &y), || (&a, b))
        };
        assert!(resembles(&mail("haoleyk", "hovston.net", 2)));
        assert!(!resembles(&mail("haoleyk", "houston.net", 1)));
        assert!(!resembles(&mail("markb", "hudson.net", 3)));
        let long = mail(&"x".repeat(300), "houston.net", 4);
        assert!(!resembles(&long));
    }
}
