#!/usr/bin/env python3
"""Counts the allocations of a run on a small made-up export, and holds them to a record.

    scripts/count-allocations.py [--record] [--bin BIN]

Time is another on every machine and on every day; how often a run asks for memory is not,
and a copy for each row shows in it at once. Counted is a debug build with one thread, over
two sizes: what a further record costs, and what a run costs before its first record.
`benches/allocations.json` has the recorded figures; more than a tenth above them is an
error, below them a hint to record the better ones. It needs glibc and a C compiler
(count-allocations.c); without them it says so and leaves with 0.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORD = os.path.join(ROOT, "benches", "allocations.json")
SIZES = (500, 2000)
TOLERANCE = 0.10


def build(*what):
    """Builds a target of the dev profile and gives the path of its executable."""
    command = ["cargo", "build", "--locked", "--message-format=json", *what]
    out = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = (json.loads(line) for line in out.splitlines() if line.startswith("{"))
    made = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == what[-1]]
    return made[-1]


def counter(folder):
    """The library that counts, or nothing where it can't be made."""
    library = os.path.join(folder, "count.so")
    source = os.path.join(ROOT, "scripts", "count-allocations.c")
    made = subprocess.run(
        ["cc", "-O1", "-shared", "-fPIC", "-o", library, source], stderr=subprocess.DEVNULL
    )
    return library if made.returncode == 0 else None


def allocations(binary, generator, records, library):
    """(records written, allocations of a whole run on them)."""
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [generator, "--records", str(records), "--keep", folder, "--only", "generate", "--bench"],
            check=True, stdout=subprocess.PIPE, text=True,
        ).stdout
        written = int(re.search(r"generated\s+([\d,]+) records", told).group(1).replace(",", ""))
        run = subprocess.run(
            [binary, "run", "karat.toml", "--quiet", "--threads", "1", "--as-of", "2025-10-01"],
            cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            env={**os.environ, "LD_PRELOAD": library, "POLARS_MAX_THREADS": "1"},
        )
        used = re.search(r"^allocations: (\d+)$", run.stderr, re.MULTILINE)
        if run.returncode not in (0, 1) or not used:
            sys.exit(f"count-allocations: the run failed:\n{run.stderr}")
        return written, int(used.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="write the figures down")
    parser.add_argument("--bin", help="karat as built by somebody else")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = counter(folder) if sys.platform == "linux" and shutil.which("cc") else None
        if not library:
            print("count-allocations: no glibc with a C compiler here: skipped")
            return
        binary = os.path.abspath(options.bin) if options.bin else build("--no-default-features", "--bin", "karat")
        generator = build("--no-default-features", "--bench", "line")
        sizes = (allocations(binary, generator, size, library) for size in SIZES)
        (few, before), (many, after) = sizes
    a_record = (after - before) / (many - few)
    found = {"a_record": round(a_record, 1), "before_the_first": round(before - few * a_record)}
    print(f"allocations: {found['a_record']} a record, {found['before_the_first']} before the first")
    if options.record:
        with open(RECORD, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
            file.write("\n")
        return
    with open(RECORD, encoding="utf-8") as file:
        recorded = json.load(file)
    worse = [name for name, value in found.items() if value > recorded[name] * (1 + TOLERANCE)]
    for name, value in found.items():
        if value < recorded[name] * (1 - TOLERANCE):
            print(f"{name} is below the record of {recorded[name]}: --record it")
    if worse:
        for name in worse:
            print(f"{name} is above the record of {recorded[name]}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
