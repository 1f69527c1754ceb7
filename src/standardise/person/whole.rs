//! A whole name in one cell: commas, placeholders for a missing half, then order.

use super::clean::{self, Found, bare, is_suffix, take_titles, unglue};
use super::model::NameModel;
use super::rules::PersonRules;
use super::split::{self, Split};
use super::{Name, RawName, suffix_words};
use crate::contact::Severity;
use crate::standardise::company;
use crate::standardise::outcome::Doubt;
use crate::standardise::script::Script;
use crate::standardise::tidy::fold;

/// Takes `value` apart into the empty parts of `name`, or leaves it in `name.full`.
pub fn take_apart(
    value: &str,
    raw: &RawName<'_>,
    name: &mut Name,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
    doubts: &mut Vec<(&'static str, Doubt)>,
) {
    let text = bare(value, raw, rules, model, found);
    if text.is_empty() {
        return;
    }
    let text = clean::without_slash(text, raw, rules, model, found);
    if let Some((titles, family)) = clean::couple(&text, rules)
        && name.given.is_empty()
        && name.family.is_empty()
    {
        found.prefix.push(titles);
        super::found_rule(found, "name_title");
        name.family = family;
        return;
    }
    let parts = parts_of(&text, raw, rules, model, found, doubts);
    let (split, single) = match parts {
        Parts::Split(split) => (split, String::new()),
        Parts::Single(single) => (
            Split {
                given: String::new(),
                middle: String::new(),
                family: String::new(),
            },
            single,
        ),
    };
    if name.given.is_empty() && name.family.is_empty() {
        name.given = split.given;
        name.family = split.family;
        if name.middle.is_empty() {
            name.middle = split.middle;
        }
        name.full = single;
        return;
    }
    // The parts are there: the whole either says the same, or is kept with a doubt.
    let known: Vec<String> = [
        &name.prefix,
        &name.given,
        &name.middle,
        &name.family,
        &name.suffix,
    ]
    .iter()
    .flat_map(|part| part.split([' ', '-']))
    .map(fold)
    .collect();
    let whole: Vec<String> = text
        .split([' ', ',', '-'])
        .map(fold)
        .filter(|word| !word.is_empty())
        .collect();
    let joined: String = known.concat();
    if whole.iter().all(|word| known.contains(word)) || joined.contains(&whole.concat()) {
        return;
    }
    let says = |part: &str, whole: &str| part.is_empty() || fold(part) == fold(whole);
    if says(&name.given, &split.given) && says(&name.family, &split.family) && single.is_empty() {
        name.given = split.given;
        name.family = split.family;
        if name.middle.is_empty() {
            name.middle = split.middle;
        }
        return;
    }
    name.full = text;
    doubts.push((
        "full_name",
        Doubt {
            rule: "name_full_disagrees",
            severity: Severity::Warning,
            message: "the whole name says something else than given and family name".to_owned(),
            suggestion: None,
        },
    ));
}

enum Parts {
    Split(Split),
    Single(String),
}

fn parts_of(
    text: &str,
    raw: &RawName<'_>,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
    doubts: &mut Vec<(&'static str, Doubt)>,
) -> Parts {
    let mut keep = |rule, message: &str| {
        doubts.push((
            "full_name",
            Doubt {
                rule,
                severity: Severity::Warning,
                message: message.to_owned(),
                suggestion: None,
            },
        ));
        Parts::Single(text.to_owned())
    };
    let core = |text: &str| company::core(text, &rules.company);
    if rules.company.has_legal_form(text)
        && !is_suffix(text.rsplit([' ', ',']).next().unwrap_or(""), rules)
        || raw.company().is_some_and(|company| {
            // The core is dear: only for names that begin alike.
            let first = |text: &str| text.chars().next().map(|c| c.to_lowercase().next());
            first(text) == first(company) && {
                let name = core(text);
                name.contains(' ') && name == core(company)
            }
        })
    {
        return keep("name_is_company", "the name seems to be a company's");
    }
    let mut words_between = text.split(' ').skip(1).map(str::to_lowercase);
    if words_between.any(|word| rules.two_people.contains(&word)) {
        return keep(
            "name_of_two_people",
            "the name seems to be that of two people",
        );
    }
    let segments: Vec<&str> = text
        .split([',', '،'])
        .map(str::trim)
        .filter(|segment| !segment.is_empty())
        .collect();
    // Degrees and generations behind a comma.
    let mut names: Vec<&str> = Vec::with_capacity(segments.len());
    for (at, segment) in segments.iter().enumerate() {
        // `Jr., Sammy Davis`: in front only what is never a name.
        if at > 0 && is_suffix(segment, rules)
            || at == 0 && segments.len() > 1 && clean::is_sure_suffix(segment, rules)
        {
            found.suffix.extend(suffix_words(segment, rules));
        } else if at > 0 && rules.job_title.is_title(segment) {
            found.parts.push(("job_title", (*segment).to_owned()));
        } else if at > 0
            && names.len() == 1
            && names[0].contains(' ')
            && !rules.placeholders.contains(&segment.to_lowercase())
            && raw
                .company()
                .is_some_and(|company| core(segment) == core(company))
        {
            super::found_rule(found, "name_company_in_brackets");
        } else {
            names.push(segment);
        }
    }
    match names[..] {
        [family, given] => comma_name(family, given, rules, model, found),
        [whole] => spaced_name(whole, rules, model, found),
        [] => Parts::Single(text.to_owned()),
        _ => keep(
            "name_unclear_commas",
            "the name has more commas than a name can have",
        ),
    }
}

/// `Last, First`.
fn comma_name(
    family: &str,
    given: &str,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
) -> Parts {
    let mut family: Vec<&str> = family.split_whitespace().collect();
    take_titles(&mut family, rules, found, false);
    let mut given: Vec<&str> = given.split_whitespace().collect();
    take_titles(&mut given, rules, found, false);
    let is_missing = |words: &[&str]| {
        words
            .iter()
            .all(|word| rules.placeholders.contains(&word.to_lowercase()))
    };
    let (no_family, no_given) = (is_missing(&family), is_missing(&given));
    // `de la` before the comma's given name: `Cruz, Ana de la`.
    let mut family = if no_family {
        String::new()
    } else {
        family.join(" ")
    };
    let mut particles = Vec::new();
    while given.len() > 1
        && given.last().is_some_and(|word| {
            rules.particles.contains_key(&fold(word)) && word.chars().all(|c| !c.is_uppercase())
        })
    {
        particles.insert(0, given.pop().unwrap_or(""));
    }
    if !particles.is_empty() {
        family = format!("{} {family}", particles.join(" "));
    }
    if no_given {
        return Parts::Split(Split {
            given: String::new(),
            middle: String::new(),
            family,
        });
    }
    let script = Script::of_text(&given.join(" ")).unwrap_or(Script::Other);
    let units: Vec<String> = given.iter().map(|word| (*word).to_owned()).collect();
    let (given, middle) = match units.as_slice() {
        [given, patronymic] if split::is_patronymic(patronymic, rules) => {
            (given.clone(), patronymic.clone())
        }
        _ => split::given_and_middle(&units, &family, script, rules, model),
    };
    Parts::Split(Split {
        given,
        middle,
        family,
    })
}

fn spaced_name(whole: &str, rules: &PersonRules, model: &NameModel, found: &mut Found) -> Parts {
    let mut words: Vec<&str> = whole.split_whitespace().collect();
    take_titles(&mut words, rules, found, false);
    if words.len() == 1 {
        words[0] = unglue(words[0], rules, model, found);
    } else if words.len() > 1 {
        words[0] = unglue(words[0], rules, model, found);
        let last = words.len() - 1;
        words[last] = unglue(words[last], rules, model, found);
    }
    // `N/A Polnik`: a half is missing; the other keeps its place.
    let missing: Vec<bool> = words
        .iter()
        .map(|word| rules.placeholders.contains(&word.to_lowercase()))
        .collect();
    // `[not provided]` is two words.
    let (mut words, lacking) = if let Some(rest) = strip_placeholder(&words, rules) {
        rest
    } else if missing.iter().any(|&missing| missing) && words.len() > 1 {
        let first = missing[0];
        let kept: Vec<&str> = words
            .iter()
            .zip(&missing)
            .filter(|(_, missing)| !**missing)
            .map(|(word, _)| *word)
            .collect();
        (kept, Some(first))
    } else {
        (words, None)
    };
    take_titles(&mut words, rules, found, false);
    if words.is_empty() {
        return Parts::Single(whole.to_owned());
    }
    if let Some(first_missing) = lacking
        && words.len() == 1
    {
        super::found_rule(found, "name_placeholder");
        let family_first = Script::of_text(words[0]).is_some_and(Script::family_first);
        let word = words[0].to_owned();
        let is_family = first_missing != family_first;
        let (given, family) = if is_family {
            (String::new(), word)
        } else {
            (word, String::new())
        };
        return Parts::Split(Split {
            given,
            middle: String::new(),
            family,
        });
    }
    match split::split(&words, rules, model) {
        Some(split) => Parts::Split(split),
        None => Parts::Single(words.join(" ")),
    }
}

/// A placeholder of two words in front or behind: (words left, stood in front).
fn strip_placeholder<'a>(
    words: &[&'a str],
    rules: &PersonRules,
) -> Option<(Vec<&'a str>, Option<bool>)> {
    if words.len() < 3 {
        return None;
    }
    let front = format!("{} {}", words[0], words[1]).to_lowercase();
    if rules.placeholders.contains(&front) {
        return Some((words[2..].to_vec(), Some(true)));
    }
    let at = words.len() - 2;
    let back = format!("{} {}", words[at], words[at + 1]).to_lowercase();
    rules
        .placeholders
        .contains(&back)
        .then(|| (words[..at].to_vec(), Some(false)))
}
