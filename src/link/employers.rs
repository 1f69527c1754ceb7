//! Where each record's person works: domains of work mail, and the company.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::features::Features;
use super::texts::{Lists, NONE, dedup};

type Fixed = foldhash::fast::FixedState;

/// A domain that so many different companies use is free mail too.
const FREE_FROM: u32 = 8;

/// Marks the addresses of domains that many companies use.
pub fn mark_free_mail(f: &mut Features) {
    let mut uses: Vec<u64> = f
        .emails
        .iter()
        .filter(|&(record, _)| f.company[record as usize] != NONE)
        .map(|(record, email)| {
            let domain = f.email_list[email as usize].domain;
            u64::from(domain) << 32 | u64::from(f.company[record as usize])
        })
        .collect();
    uses.par_sort_unstable();
    uses.dedup();
    let mut companies = vec![0_u32; f.texts.len()];
    for domain in uses {
        if let Some(count) = companies.get_mut((domain >> 32) as usize) {
            *count += 1;
        }
    }
    for email in &mut f.email_list {
        email.private |= companies
            .get(email.domain as usize)
            .is_some_and(|&count| count >= FREE_FROM);
    }
}

/// Work domains of each record, and its employers: a company counts as the
/// domain that two or more records and 40 % of the company's records use.
pub fn of_records(f: &mut Features, stated: &[u32]) {
    // (company, domain), once for each record that has both.
    let mut uses: Vec<(u32, u32)> = Vec::new();
    let mut known = vec![0_u32; f.texts.len()];
    let mut domains = Lists::default();
    let mut list: Vec<u32> = Vec::new();
    for (record, &stated) in stated.iter().enumerate() {
        list.clear();
        list.extend(
            f.emails
                .of(record)
                .iter()
                .map(|&e| &f.email_list[e as usize])
                .filter(|e| !e.private)
                .map(|e| e.domain),
        );
        if stated != NONE {
            list.push(stated);
        }
        dedup(&mut list);
        let company = f.company[record];
        if company != NONE && !list.is_empty() {
            known[company as usize] += 1;
            uses.extend(list.iter().map(|&domain| (company, domain)));
        }
        domains.push(list.iter().copied());
    }
    uses.par_sort_unstable();
    let mut best: HashMap<u32, (u32, u32), Fixed> = HashMap::default();
    for run in uses.chunk_by(|a, b| a == b) {
        let (company, domain) = run[0];
        let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
        let all = known[company as usize];
        if (count >= 2 && count * 5 >= all * 2) || all == 1 {
            let entry = best.entry(company).or_insert((0, NONE));
            // The most used; ties by the domain's text, so that row order does not matter.
            let better = count > entry.0
                || (count == entry.0
                    && (entry.1 == NONE || f.texts.get(domain) < f.texts.get(entry.1)));
            if better {
                *entry = (count, domain);
            }
        }
    }
    for record in 0..f.len() {
        list.clear();
        list.extend_from_slice(domains.of(record));
        let company = f.company[record];
        if company != NONE {
            list.push(best.get(&company).map_or(company, |&(_, domain)| domain));
        }
        dedup(&mut list);
        f.employers.push(list.iter().copied());
    }
    f.domains = domains;
}
