//! The answer beside the time: pairwise precision, recall and F1 of an xref against
//! the truth, through a contingency table; no pair is ever listed.

use std::collections::HashMap;
use std::io;
use std::path::Path;

pub struct Score {
    pub records: u64,
    pub true_pairs: u64,
    pub found_pairs: u64,
    pub right_pairs: u64,
    pub clusters: u64,
    pub entities: u64,
    pub largest_cluster: u64,
    pub largest_entity: u64,
}

impl Score {
    pub fn precision(&self) -> f64 {
        share(self.right_pairs, self.found_pairs)
    }

    pub fn recall(&self) -> f64 {
        share(self.right_pairs, self.true_pairs)
    }

    pub fn f1(&self) -> f64 {
        share(2 * self.right_pairs, self.found_pairs + self.true_pairs)
    }
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 {
        0.0
    } else {
        part as f64 / of as f64
    }
}

/// Holds `xref.csv` against `truth.csv`. A record without a golden id is a cluster of its own.
pub fn score(truth: &Path, xref: &Path) -> io::Result<Score> {
    let mut golden: HashMap<(String, String), u64> = HashMap::new();
    let mut ids: HashMap<String, u64> = HashMap::new();
    let mut fresh = u64::MAX;
    each(xref, "golden_id", |key, id| {
        let number = if id.is_empty() {
            fresh -= 1;
            fresh
        } else {
            let next = ids.len() as u64;
            *ids.entry(id.to_owned()).or_insert(next)
        };
        golden.insert(key, number);
    })?;
    let mut entities: HashMap<String, u64> = HashMap::new();
    let mut clusters: HashMap<u64, u64> = HashMap::new();
    let mut cells: HashMap<(u64, u64), u64> = HashMap::new();
    let mut sizes: Vec<u64> = Vec::new();
    let mut records = 0;
    each(truth, "entity_id", |key, id| {
        records += 1;
        let next = entities.len() as u64;
        let entity = *entities.entry(id.to_owned()).or_insert(next);
        if entity as usize == sizes.len() {
            sizes.push(0);
        }
        sizes[entity as usize] += 1;
        let cluster = golden.get(&key).copied().unwrap_or_else(|| {
            fresh -= 1;
            fresh
        });
        *clusters.entry(cluster).or_insert(0) += 1;
        *cells.entry((entity, cluster)).or_insert(0) += 1;
    })?;
    let pairs = |n: &u64| n * (n - 1) / 2;
    Ok(Score {
        records,
        true_pairs: sizes.iter().map(pairs).sum(),
        found_pairs: clusters.values().map(pairs).sum(),
        right_pairs: cells.values().map(pairs).sum(),
        clusters: clusters.len() as u64,
        entities: entities.len() as u64,
        largest_cluster: clusters.values().copied().max().unwrap_or(0),
        largest_entity: sizes.iter().copied().max().unwrap_or(0),
    })
}

fn each(path: &Path, column: &str, mut row: impl FnMut((String, String), &str)) -> io::Result<()> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let at = |name: &str| {
        headers
            .iter()
            .position(|header| header == name)
            .ok_or_else(|| io::Error::other(format!("{}: no column {name}", path.display())))
    };
    let (source, record, value) = (at("source")?, at("record_id")?, at(column)?);
    for line in reader.records() {
        let line = line?;
        row(
            (line[source].to_owned(), line[record].to_owned()),
            &line[value],
        );
    }
    Ok(())
}
