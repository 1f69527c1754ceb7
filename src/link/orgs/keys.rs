//! Candidate keys of an organisation.

use crate::link::block::keys::{KeyKind, key, number, start};
use crate::link::features::{Features, NONE};

/// Words beyond this many give no pairs: a name of thirty words would give hundreds.
const PAIRED: usize = 8;

/// Calls `emit` with every key of an organisation. Keys may repeat.
pub fn emit(f: &Features, record: usize, emit: &mut impl FnMut(u64)) {
    let orgs = &f.orgs;
    let name = orgs.name_of(record);
    let text = |word: u32| orgs.tokens[word as usize].text.as_str();
    emit(key(KeyKind::OrgName, &[&name.key]));
    emit(key(KeyKind::OrgGlued, &[start(&name.glued, 8)]));
    let short = (2..=6).contains(&name.glued.len());
    let mut initials: Vec<&str> = Vec::new();
    if name.words.len() >= 2 {
        initials.extend([name.initials.as_str(), name.initials_all.as_str()]);
    }
    if short && (name.words.len() == 1 || name.glued == name.initials) {
        initials.push(&name.glued);
    }
    initials.dedup();
    let street = orgs.street_of(record);
    let place = street.map(|street| street.place(&orgs.street_tokens));
    let near: Vec<(KeyKind, &str)> = [
        (KeyKind::OrgCity, f.city[record]),
        (KeyKind::OrgPostcode, f.postcode[record]),
    ]
    .into_iter()
    .filter(|(_, id)| *id != NONE)
    .map(|(kind, id)| (kind, f.texts.get(id)))
    .collect();
    for letters in initials {
        emit(key(KeyKind::OrgInitials, &[letters]));
        for (_, near) in &near {
            emit(key(KeyKind::OrgInitials, &[letters, near]));
        }
        if let Some((house, _)) = place {
            emit(number(KeyKind::OrgInitials, letters, house));
        }
    }
    for &word in &name.words {
        let word = text(word);
        emit(key(KeyKind::OrgWord, &[word]));
        if word.len() >= 5 {
            emit(key(KeyKind::OrgBeginning, &[start(word, 5)]));
        }
        for (kind, near) in &near {
            emit(key(*kind, &[start(word, 4), near]));
        }
        if let Some((house, _)) = place.filter(|(house, _)| *house != NONE) {
            emit(number(KeyKind::OrgHouse, start(word, 4), house));
        }
        for &phone in f.phones.of(record) {
            let digits = f.phone_digits[phone as usize];
            emit(number(KeyKind::OrgPhone, start(word, 4), digits % 10_000));
        }
        for &domain in orgs.domains.of(record) {
            emit(key(
                KeyKind::OrgDomain,
                &[start(word, 4), f.texts.get(domain)],
            ));
        }
    }
    for (at, &a) in name.words.iter().take(PAIRED).enumerate() {
        for &b in name.words.iter().take(PAIRED).skip(at + 1) {
            let (a, b) = (start(text(a), 4), start(text(b), 4));
            emit(key(KeyKind::OrgTwoWords, &[a.min(b), a.max(b)]));
        }
    }
    for &phone in f.phones.of(record) {
        emit(number(
            KeyKind::OrgPhone,
            "",
            f.phone_digits[phone as usize],
        ));
    }
    for &email in f.emails.of(record) {
        let e = &f.email_list[email as usize];
        emit(key(KeyKind::OrgEmail, &[&e.local, &e.domain_name]));
    }
    for &domain in orgs.domains.of(record) {
        emit(key(KeyKind::OrgDomain, &[f.texts.get(domain)]));
        for (_, near) in &near {
            emit(key(KeyKind::OrgDomain, &[f.texts.get(domain), near]));
        }
    }
    if let Some((house, word)) = place.filter(|(house, word)| *house != NONE && *word != NONE) {
        let word = orgs.street_tokens[word as usize].text.as_str();
        emit(number(KeyKind::OrgStreet, word, house));
        emit(number(KeyKind::OrgStreet, start(word, 3), house));
    }
}
