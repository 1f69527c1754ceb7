//! Makes messy exports of several systems with known truth, of any size.
//!
//! In: how many records, a seed. Out, in a folder: one CSV a system, `karat.toml` that
//! names the files and their id columns and nothing else, and `truth.csv`
//! (`source,record_id,entity_id`). The same seed gives the same bytes on any machine.
//!
//! Nothing is held in memory: a person is a function of his number ([`people`]), each
//! system walks all people in an order of its own and writes those that it holds
//! ([`systems`]), with what happens to values on the way ([`damage`]).
//! All people, firms and numbers are made up.

mod bad_nights;
mod damage;
mod people;
mod rng;
mod systems;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub use people::Shape;
use people::World;
use rng::Shuffle;
use systems::SYSTEMS;

/// What was written.
pub struct Written {
    pub records: u64,
    pub persons: u64,
    pub bytes: u64,
}

/// Writes about `records` records into `folder`.
pub fn generate(folder: &Path, records: u64, seed: u64, shape: Shape) -> io::Result<Written> {
    let persons = match shape {
        Shape::Unique => records,
        _ => persons_for(records),
    };
    let world = World::new(seed, persons, shape);
    let asked = records;
    let parts: Vec<io::Result<(u64, u64)>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..SYSTEMS.len())
            .map(|system| {
                let world = &world;
                scope.spawn(move || write_system(world, system, folder, asked))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("a writer panicked")))
            })
            .collect()
    });
    let mut written = Written {
        records: 0,
        persons: world.persons,
        bytes: 0,
    };
    for part in parts {
        let (rows, bytes) = part?;
        written.records += rows;
        written.bytes += bytes;
    }
    join_truth(folder)?;
    write_plan(folder)?;
    Ok(written)
}

/// People needed, by the mean number of records that a person has.
fn persons_for(records: u64) -> u64 {
    let none: f64 = SYSTEMS.iter().map(|system| 1.0 - system.share).product();
    let mean: f64 = SYSTEMS
        .iter()
        .map(|system| system.share * (1.0 + system.twice))
        .sum::<f64>()
        + none;
    ((records as f64 / mean).round() as u64).max(1)
}

/// One system's export and its part of the truth: rows and bytes.
fn write_system(
    world: &World,
    system: usize,
    folder: &Path,
    records: u64,
) -> io::Result<(u64, u64)> {
    let described = &SYSTEMS[system];
    let path = folder.join(format!("{}.csv", described.name));
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
    if described.bom {
        file.write_all(b"\xef\xbb\xbf")?;
    }
    let mut rows = csv::WriterBuilder::new()
        .delimiter(described.delimiter)
        .from_writer(file);
    // The further columns of a wide export: mostly empty, as custom fields are.
    let more = if world.shape == Shape::Wide { 285 } else { 0 };
    let custom: Vec<String> = (1..=more).map(|n| format!("Custom field {n}")).collect();
    let mut blank = vec![""; more];
    rows.write_record(
        described
            .header
            .iter()
            .copied()
            .chain(custom.iter().map(String::as_str)),
    )?;
    let mut truth = BufWriter::with_capacity(
        1 << 20,
        File::create(folder.join(format!("truth-{system}.part")))?,
    );
    let order = Shuffle::new(world.persons, world.seed ^ (system as u64 + 1));
    let mut row = 0;
    for at in 0..world.persons {
        let person = order.at(at);
        for copy in 0..systems::copies(world, system, person) {
            let (person, copy) = bad_nights::whose(world, person, copy);
            let (id, mut cells) = systems::record(world, system, person, copy, row);
            let place = [system as u64, row];
            bad_nights::bend(world, records, place, &described.header, &mut cells);
            if more > 0 {
                blank.fill("");
                blank[(row * 31) as usize % more] = "yes";
            }
            rows.write_record(
                cells
                    .iter()
                    .map(String::as_str)
                    .chain(blank.iter().copied()),
            )?;
            writeln!(truth, "{},{id},p{person}", described.name)?;
            row += 1;
        }
    }
    rows.flush()?;
    truth.flush()?;
    Ok((row, std::fs::metadata(path)?.len()))
}

fn join_truth(folder: &Path) -> io::Result<()> {
    let mut truth = BufWriter::new(File::create(folder.join("truth.csv"))?);
    truth.write_all(b"source,record_id,entity_id\n")?;
    for system in 0..SYSTEMS.len() {
        let part = folder.join(format!("truth-{system}.part"));
        io::copy(&mut File::open(&part)?, &mut truth)?;
        std::fs::remove_file(part)?;
    }
    truth.flush()
}

fn write_plan(folder: &Path) -> io::Result<()> {
    let mut plan = String::from(
        "# Made by benches/generator: files and id columns, nothing else.\n\n[plan]\nname = \"bench\"\n",
    );
    for system in &SYSTEMS {
        plan.push_str(&format!(
            "\n[[source]]\nname = \"{name}\"\npath = \"{name}.csv\"\nid = \"{}\"\n",
            system.id,
            name = system.name
        ));
    }
    plan.push_str("\n[output]\ndir = \"out\"\n");
    std::fs::write(folder.join("karat.toml"), plan)
}
