//! Email addresses, by their comparison keys: any address of one record against
//! any of the other, the strongest level counts.

use rapidfuzz::distance::osa;

use super::Side;
use crate::link::card::{Address, Card};
use crate::link::features::Features;

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
        return pair(f, (x, x.email, &x.address), (y, y.email, &y.address));
    }
    let mut best = 0;
    for &one in f.emails.of(a) {
        for &other in f.emails.of(b) {
            let address = |id: u32| &f.email_list[id as usize];
            let level = pair(f, (x, one, address(one)), (y, other, address(other)));
            if best == 0 || level < best {
                best = level;
            }
        }
    }
    best
}

/// The record's card, the number of the address, and what tells it apart.
type One<'a> = (&'a Card, u32, &'a Address);

/// Texts are looked at only where letters, lengths and hashes leave a doubt.
fn pair(f: &Features, (a, x, left): One<'_>, (b, y, right): One<'_>) -> u8 {
    if x == y {
        return if left.role {
            3
        } else {
            f.email_fan[x as usize].level()
        };
    }
    let local = |at: u32| f.local(at);
    let texts = || [x, y].map(|at| (f.local(at), f.domain_name(at)));
    let may_be_near = left.local_letters.edits(right.local_letters) <= 1;
    if may_be_near && typo((left, right), texts) {
        return 4;
    }
    let same = left.local_letters == right.local_letters
        && left.local == right.local
        && local(x) == local(y);
    if same && !left.role {
        match (f.made_of_name(a, x), f.made_of_name(b, y)) {
            (false, false) => return 5,
            // Both names make this mailbox: namesakes have it at any company that makes
            // addresses so, and it says no more than the names do. A number is news.
            (true, true) if digits(local(x)) < 2 => {}
            _ => return 6,
        }
    }
    if resembling((left, right), texts) {
        return 7;
    }
    match (left.private, right.private) {
        (true, true) => 12,
        (true, false) | (false, true) => 11,
        (false, false) if left.domain == right.domain => {
            let letters = left.local_letters.same_without_digits(right.local_letters);
            if letters && numbered_apart(local(x), local(y)) {
                8
            } else {
                9
            }
        }
        (false, false) => 10,
    }
}

/// Local part and registrable domain of both addresses.
type Both<'e> = [(&'e str, &'e str); 2];

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
fn resembling<'e>((a, b): (&Address, &Address), texts: impl FnOnce() -> Both<'e>) -> bool {
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
    let [a, b] = texts();
    let length = |(local, domain): (&str, &str)| local.len() + domain.len();
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
    distance(a.0, b.0)
        .zip(distance(a.1, b.1))
        .is_some_and(|(x, y)| x + y <= allowed)
}

/// One edit in the local part (not its first letter) or in the domain.
fn typo<'e>((a, b): (&Address, &Address), texts: impl FnOnce() -> Both<'e>) -> bool {
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
        let [(a, _), (b, _)] = texts();
        let digits = |text: &'e str| text.bytes().filter(u8::is_ascii_digit);
        a.bytes().next() == b.bytes().next() && a != b && one(a, b) && digits(a).eq(digits(b))
    } else if a.local_letters == b.local_letters
        && a.local == b.local
        && a.local_length >= 4
        && a.domain_letters.edits(b.domain_letters) <= 1
    {
        let [a, b] = texts();
        a.0 == b.0 && one(a.1, b.1)
    } else {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::card::{Letters, length};

    #[test]
    fn a_number_tells_namesakes_apart() {
        assert!(numbered_apart("ann.lee", "ann.lee2"));
        assert!(numbered_apart("ann.lee1", "ann.lee2"));
        assert!(!numbered_apart("ann.lee", "ann.lees"));
        assert!(!numbered_apart("a1", "a2"));
    }

    #[test]
    fn an_edit_in_eight_letters_resembles() {
        let mail = |local: &'static str, domain: &'static str, id: u32| {
            let address = Address {
                domain: id,
                domain_letters: Letters::of(domain),
                domain_length: length(domain),
                ..Address::of(local)
            };
            (address, (local, domain))
        };
        let a = mail("harleyk", "houston.net", 1);
        let resembles =
            |b: (Address, (&'static str, &'static str))| resembling((&a.0, &b.0), || [a.1, b.1]);
        assert!(resembles(mail("haoleyk", "hovston.net", 2)));
        assert!(!resembles(mail("haoleyk", "houston.net", 1)));
        assert!(!resembles(mail("markb", "hudson.net", 3)));
        let long: &'static str = Box::leak("x".repeat(300).into_boxed_str());
        assert!(!resembles(mail(long, "houston.net", 4)));
    }
}
