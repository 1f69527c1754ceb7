//! The whole line on generated exports, its answer beside its time.
//!
//! ```text
//! cargo bench -- --records 100000            # generate, run, score
//! cargo bench -- --records 1000000 --keep D  # leave exports and run in D
//! cargo bench -- --records 1000000 --keep D --only generate
//! cargo bench -- --records 1000000 --threads 1 --note FILE   # add the figures to FILE, a line of JSON a run
//! cargo bench -- --records 1000000 --karat BIN # with a karat as built elsewhere
//! cargo bench -- --shape alike               # the worst cases: unique, alike, wide
//! cargo bench -- --shape copies              # bad nights: phone, email, company, name, copies, surname
//! ```
//! Times by stage come from the run's own `summary.json`; CPU and memory from `/proc`
//! (Linux; elsewhere they are left out).
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

mod generator;
mod score;

use generator::Shape;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

struct Options {
    records: u64,
    seed: u64,
    keep: Option<PathBuf>,
    threads: Option<String>,
    only_generate: bool,
    shape: Shape,
    note: Option<PathBuf>,
    karat: PathBuf,
}

fn main() -> ExitCode {
    let result = options().and_then(|options| match options {
        Some(options) => bench(&options),
        None => Ok(()),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `None` when cargo only asks whether there is something to run (`cargo test --benches`).
fn options() -> Result<Option<Options>, Box<dyn Error>> {
    let mut options = Options {
        records: 20_000,
        seed: 1,
        keep: None,
        threads: None,
        only_generate: false,
        shape: Shape::Usual,
        note: None,
        karat: PathBuf::from(env!("CARGO_BIN_EXE_karat")),
    };
    let mut bench = false;
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--records" => options.records = value()?.replace('_', "").parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--keep" => options.keep = Some(PathBuf::from(value()?)),
            "--threads" => options.threads = Some(value()?),
            "--note" => options.note = Some(PathBuf::from(value()?)),
            "--karat" => options.karat = fs::canonicalize(value()?)?,
            "--only" if value()? == "generate" => options.only_generate = true,
            "--shape" => {
                let wanted = value()?;
                let known = Shape::ALL.iter().find(|(name, _)| *name == wanted);
                options.shape = known.map(|(_, shape)| *shape).ok_or_else(|| {
                    let names = Shape::ALL.map(|(name, _)| name).join(", ");
                    format!("no shape {wanted}; there are {names}")
                })?;
            }
            "--bench" => bench = true,
            other => {
                return Err(format!(
                    "unknown argument {other}; there are --records N, --seed N, --keep DIR, --threads N, --shape NAME, --note FILE, --karat BIN, --only generate"
                )
                .into());
            }
        }
    }
    Ok(bench.then_some(options))
}

fn bench(options: &Options) -> Result<(), Box<dyn Error>> {
    let throw_away;
    let folder: &Path = match &options.keep {
        Some(folder) => {
            fs::create_dir_all(folder)?;
            folder
        }
        None => {
            throw_away = tempfile::tempdir()?;
            throw_away.path()
        }
    };
    let start = Instant::now();
    let written = generator::generate(folder, options.records, options.seed, options.shape)?;
    println!(
        "generated   {} records of {} people, {} MiB, in {:.1} s (seed {})",
        grouped(written.records),
        grouped(written.persons),
        written.bytes >> 20,
        start.elapsed().as_secs_f64(),
        options.seed
    );
    if options.only_generate {
        println!("            in {}", folder.display());
        return Ok(());
    }
    let used = run(folder, options)?;
    let latest = folder.join("out/latest");
    println!("\nwhole run   {:.1} s wall", used.wall.as_secs_f64());
    if let (Some(cpu), Some(peak)) = (used.cpu_seconds, used.peak_mib) {
        println!(
            "            {cpu:.1} s CPU, {peak} MiB at most, {} records a second",
            grouped((written.records as f64 / used.wall.as_secs_f64()) as u64)
        );
    }
    let summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(latest.join("summary.json"))?)?;
    print_stages(&summary);
    let blocking = |key: &str| summary.pointer("/model/blocking").map(|of| of[key].clone());
    let (pairs, each) = (blocking("candidate_pairs"), blocking("pairs_per_record"));
    if let (Some(pairs), Some(each)) = (&pairs, &each) {
        println!("\ncandidates  {pairs:>12} pairs, {each} a record");
    }
    let score = score::score(&folder.join("truth.csv"), &latest.join("xref.csv"))?;
    println!("\nrecords     {:>12}", grouped(score.records));
    println!(
        "clusters    {:>12}   people       {:>12}",
        grouped(score.clusters),
        grouped(score.entities)
    );
    println!(
        "largest     {:>12}   true largest {:>12}",
        score.largest_cluster, score.largest_entity
    );
    println!(
        "pairs       {:>12}   true pairs   {:>12}",
        grouped(score.found_pairs),
        grouped(score.true_pairs)
    );
    if let Some(file) = &options.note {
        note(file, options, written.records, &used, pairs, score.f1())?;
    }
    println!(
        "precision   {:>12.4}   recall {:.4}   F1 {:.4}",
        score.precision(),
        score.recall(),
        score.f1()
    );
    Ok(())
}

struct Used {
    wall: Duration,
    cpu_seconds: Option<f64>,
    peak_mib: Option<u64>,
}

/// Runs karat on the generated plan and watches its memory.
fn run(folder: &Path, options: &Options) -> Result<Used, Box<dyn Error>> {
    let before = cpu_of_children();
    let start = Instant::now();
    let mut command = Command::new(&options.karat);
    command
        .args(["run", "karat.toml", "--quiet", "--as-of", "2025-10-01"])
        .current_dir(folder)
        .stdin(Stdio::null());
    if let Some(threads) = &options.threads {
        command.args(["--threads", threads]);
    }
    let mut child = command.spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = None;
    let status = loop {
        // The high-water mark is the kernel's own, so the last look before the end is enough.
        peak = peak_mib(&status_file).or(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let wall = start.elapsed();
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(format!(
            "karat ended with {status}; the input is in {}",
            folder.display()
        )
        .into());
    }
    let cpu_seconds = before
        .zip(cpu_of_children())
        .map(|(before, after)| after - before);
    Ok(Used {
        wall,
        cpu_seconds,
        peak_mib: peak,
    })
}

/// Seconds of all children that have ended; the kernel counts hundredths.
fn cpu_of_children() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Fields are counted after the name, which may hold spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}

fn peak_mib(status_file: &str) -> Option<u64> {
    let status = fs::read_to_string(status_file).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib >> 10)
}

fn print_stages(summary: &serde_json::Value) {
    match summary.pointer("/run/timings_ms") {
        Some(serde_json::Value::Object(timings)) => {
            for (stage, milliseconds) in timings {
                println!("  {stage:<18} {milliseconds:>9} ms");
            }
        }
        _ => println!("  (summary.json has no timings)"),
    }
}

/// Adds a line of JSON: what was run where, and what it took.
fn note(
    file: &Path,
    options: &Options,
    records: u64,
    used: &Used,
    pairs: Option<serde_json::Value>,
    f1: f64,
) -> Result<(), Box<dyn Error>> {
    let first_of = |command: &str| {
        let out = Command::new(command).arg("--version").output().ok()?;
        let text = String::from_utf8(out.stdout).ok()?;
        Some(text.lines().next()?.to_owned())
    };
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let kib: u64 = text
            .lines()
            .next()?
            .split_whitespace()
            .nth(1)?
            .parse()
            .ok()?;
        Some(kib >> 20)
    });
    let shape = Shape::ALL.iter().find(|(_, shape)| *shape == options.shape);
    let line = serde_json::json!({
        "records": records,
        "shape": shape.map(|(name, _)| *name),
        "seed": options.seed,
        "threads": options.threads,
        "cpu_seconds": used.cpu_seconds,
        "wall_seconds": (used.wall.as_secs_f64() * 10.0).round() / 10.0,
        "peak_mib": used.peak_mib,
        "candidate_pairs": pairs,
        "f1": (f1 * 1e4).round() / 1e4,
        "karat": env!("CARGO_PKG_VERSION"),
        "rustc": first_of("rustc"),
        "cores": thread::available_parallelism().ok().map(usize::from),
        "memory_gib": memory,
    });
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?;
    writeln!(file, "{line}")?;
    Ok(())
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
