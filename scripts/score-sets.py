#!/usr/bin/env python3
"""Score karat on a folder of labelled sets. Python 3, nothing to install.

    scripts/score-sets.py DATA_DIR [--bin target/release/karat] [--sets a,b]
                          [--json] [--compare EARLIER.json] [--keep DIR] [--threads N]

A set is a folder with `dataset.json` (name, sources: name, file, id_column; truth) and
the truth as `source,record_id,entity_id`. For each one a plan is written that names the
files and their id columns and nothing else; karat runs on it; xref.csv is held against
the truth:

  pairwise   precision and recall over all pairs, F1 their harmonic mean
  B-cubed    the same, asked of every record and averaged
  fields     where the set has answers/entities.csv: the share of golden fields that equal
             the clean value, over the people whose records karat mostly put together
  blocking   what summary.json says about candidate pairs, if it does
  said       the run's own estimate of precision and recall, made without the truth, with
             its interval; `!` where the truth lies outside

--json prints everything for machines; --compare takes such a file and prints before and
after. Exit 0 when every set ran, 1 otherwise.
"""

import argparse
import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

csv.field_size_limit(2**31 - 1)


def main():
    options = arguments()
    sets = find_sets(options.data, options.sets)
    earlier = json.loads(Path(options.compare).read_text()) if options.compare else {}
    results, failed = {}, False
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(options.keep).resolve() if options.keep else Path(scratch)
        for name, folder in sets:
            try:
                results[name] = score_set(folder, base / name, options)
                say(options, row(name, results[name], earlier.get(name)))
            except Failed as error:
                failed = True
                results[name] = {"error": str(error)}
                say(options, f"{name:<24} {error}")
    if options.json:
        print(json.dumps(results, indent=1, sort_keys=True))
    return 1 if failed else 0


class Failed(Exception):
    """A set that could not be run or scored."""


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--bin", default="target/release/karat")
    parser.add_argument("--sets", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--compare")
    parser.add_argument("--keep", help="leave plans and runs in this folder")
    parser.add_argument("--threads")
    options = parser.parse_args()
    options.bin = str(Path(options.bin).resolve())
    if not Path(options.bin).is_file():
        parser.error(f"{options.bin}: no such program (cargo build --release, or --bin PATH)")
    head = f"{'set':<24} {'P':>7} {'R':>7} {'F1':>7} {'B3 F1':>7} {'secs':>6}  more"
    say(options, head)
    return options


def say(options, line):
    print(line, file=sys.stderr if options.json else sys.stdout, flush=True)


def find_sets(data, wanted):
    wanted = [name for name in wanted.split(",") if name]
    found = [(path.parent.name, path.parent) for path in sorted(data.glob("*/dataset.json"))]
    missing = set(wanted) - {name for name, _ in found}
    if missing:
        sys.exit(f"{data} has no set {', '.join(sorted(missing))}; it has {', '.join(n for n, _ in found)}")
    return [(name, folder) for name, folder in found if not wanted or name in wanted]


def score_set(folder, work, options):
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    work.mkdir(parents=True, exist_ok=True)
    plan = work / "karat.toml"
    plan.write_text(plan_text(dataset, folder, work), encoding="utf-8")
    command = [options.bin, "run", str(plan), "--quiet"]
    if options.threads:
        command += ["--threads", options.threads]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    if done.returncode not in (0, 1):
        raise Failed(f"exit {done.returncode}: {done.stderr.strip()[:600]}")
    latest = work / "out" / "latest"
    truth = keyed(existing(folder / dataset["truth"]), "entity_id")
    golden = keyed(latest / "xref.csv", "golden_id")
    unknown = [key for key in golden if key not in truth]
    if unknown:
        raise Failed(f"xref.csv has {len(unknown)} records that the truth lacks, first {unknown[0]}")
    result = scores(truth, golden)
    result["seconds"] = round(seconds, 2)
    answers = folder / "answers" / "entities.csv"
    if answers.is_file():
        result["fields"] = fields(answers, truth, golden, latest / "golden.csv")
    summary = latest / "summary.json"
    if summary.is_file():
        result.update(blocking(json.loads(summary.read_text(encoding="utf-8"))))
    return result


def plan_text(dataset, folder, work):
    """The files and their id columns, and nothing else."""
    lines = ["[plan]", f"name = {quoted(dataset['name'])}"]
    for source in dataset["sources"]:
        path = existing(folder / source["file"]).resolve()
        lines += ["", "[[source]]", f"name = {quoted(source['name'])}", f"path = {quoted(str(path))}"]
        if source.get("id_column"):
            lines.append(f"id = {quoted(source['id_column'])}")
    lines += ["", "[output]", f"dir = {quoted(str(work / 'out'))}", ""]
    return "\n".join(lines)


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def existing(path):
    """The file, or the same gzipped."""
    packed = path.with_name(path.name + ".gz")
    return packed if not path.is_file() and packed.is_file() else path


def rows(path):
    try:
        raw = gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")
        with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
            yield from csv.DictReader(text)
    except OSError as error:
        raise Failed(str(error)) from None


def keyed(path, column):
    table = {}
    for line in rows(path):
        key = (line["source"], line["record_id"])
        if key in table:
            raise Failed(f"{path}: {key} stands there twice")
        table[key] = line[column]
    return table


def scores(truth, golden):
    """Through a contingency table of entities and clusters; no pair is listed."""
    cluster_of = {}
    for number, key in enumerate(truth):
        # Held out or missing: a cluster of its own.
        cluster_of[key] = golden.get(key) or ("alone", number)
    cells = Counter((truth[key], cluster_of[key]) for key in truth)
    entities = Counter(truth.values())
    clusters = Counter(cluster_of.values())
    right, of_truth, found = (sum(n * (n - 1) // 2 for n in c.values()) for c in (cells, entities, clusters))
    precision, recall = share(right, found), share(right, of_truth)
    total = len(truth)
    b3_precision = sum(n * n / clusters[c] for (_, c), n in cells.items()) / total
    b3_recall = sum(n * n / entities[e] for (e, _), n in cells.items()) / total
    whole = sum(1 for (e, c), n in cells.items() if n == entities[e] == clusters[c])
    return {
        "records": total,
        "entities": len(entities),
        "clusters": len(clusters),
        "true_pairs": of_truth,
        "found_pairs": found,
        "right_pairs": right,
        "precision": precision,
        "recall": recall,
        "f1": harmonic(precision, recall),
        "b3_precision": b3_precision,
        "b3_recall": b3_recall,
        "b3_f1": harmonic(b3_precision, b3_recall),
        "exact_clusters": share(whole, len(entities)),
        "largest_cluster": max(clusters.values()),
        "largest_entity": max(entities.values()),
    }


def share(part, whole):
    return part / whole if whole else 0.0


def harmonic(a, b):
    return 2 * a * b / (a + b) if a + b else 0.0


# golden field → the columns of entities.csv that it may equal
CLEAN = {
    "given_name": ("given_name", "given_native"),
    "family_name": ("family_name", "family_native"),
    "company": ("company",),
    "email": ("work_email", "personal_email"),
    "mobile": ("mobile",),
    "country": ("country",),
}


def fields(answers, truth, golden, golden_csv):
    """Share of golden fields that equal the clean value: exactly, and with case and
    punctuation left out (`loose`). Only people with a value in both are counted;
    `filled` says for how many of the clean values there is one at all."""
    table = {line["golden_id"]: line for line in rows(golden_csv)}
    of_entity = defaultdict(Counter)
    for key, entity in truth.items():
        if golden.get(key):
            of_entity[entity][golden[key]] += 1
    asked, filled, exact, loose = Counter(), Counter(), Counter(), Counter()
    for clean in rows(answers):
        votes = of_entity.get(clean["entity_id"])
        if clean.get("kind", "person") != "person" or not votes:
            continue
        best = min(votes.items(), key=lambda item: (-item[1], item[0]))[0]
        record = table.get(best)
        if record is None:
            raise Failed(f"golden.csv lacks {best} of xref.csv")
        for field, columns in CLEAN.items():
            wanted = [clean[column] for column in columns if clean.get(column)]
            if not wanted:
                continue
            asked[field] += 1
            value = unguarded(record.get(field) or "")
            if value:
                filled[field] += 1
                exact[field] += value in wanted
                loose[field] += folded(value) in {folded(want) for want in wanted}
        asked["opted_out"] += 1
        filled["opted_out"] += 1
        agree = (record.get("email_opt_out") == "true") == (clean.get("opted_out") in ("1", "true"))
        exact["opted_out"] += agree
        loose["opted_out"] += agree
    result = {
        field: {
            "exact": round(share(exact[field], filled[field]), 4),
            "loose": round(share(loose[field], filled[field]), 4),
            "filled": round(share(filled[field], asked[field]), 4),
        }
        for field in asked
    }
    result["all"] = {
        "exact": round(share(sum(exact.values()), sum(filled.values())), 4),
        "loose": round(share(sum(loose.values()), sum(filled.values())), 4),
        "filled": round(share(sum(filled.values()), sum(asked.values())), 4),
    }
    return result


def unguarded(value):
    """Takes the guard against formulas off."""
    return value[1:] if value.startswith("'") and value[1:2] in tuple("=+-@") else value


def folded(text):
    return "".join(c for c in text.casefold() if c.isalnum())


def blocking(summary):
    """What the summary says about candidate pairs, and where the time went."""
    model = summary.get("model")
    found = {"timings_ms": summary.get("run", {}).get("timings_ms")}
    if isinstance(model, dict):
        found["blocking"] = model.get("blocking")
        found["estimate"] = model.get("estimate")
    return {key: value for key, value in found.items() if value is not None}


def told(result, name):
    """The run's own estimate of a score, its interval, and whether it holds the truth."""
    said = result["estimate"]
    low, high = said[f"{name}_interval"]
    mark = "" if low - 5e-5 <= result[name] <= high + 5e-5 else "!"
    return f"{name[0].upper()} {said[name]:.3f} ({low:.3f}-{high:.3f}){mark}"


def row(name, result, before):
    line = (
        f"{name:<24} {result['precision']:>7.4f} {result['recall']:>7.4f} {result['f1']:>7.4f}"
        f" {result['b3_f1']:>7.4f} {result['seconds']:>6.1f}"
    )
    line += f"  {result['clusters']} clusters of {result['entities']}, largest {result['largest_cluster']} of {result['largest_entity']}"
    if "fields" in result:
        whole = result["fields"]["all"]
        line += f"; fields equal {whole['exact']:.3f} (loose {whole['loose']:.3f})"
    if "estimate" in result:
        line += "; said " + " ".join(told(result, name) for name in ("precision", "recall"))
    if before and "f1" in before:
        line += f"\n{'  before':<24} {before['precision']:>7.4f} {before['recall']:>7.4f} {before['f1']:>7.4f}"
        line += f" {before['b3_f1']:>7.4f} {before['seconds']:>6.1f}  F1 {result['f1'] - before['f1']:+.4f}"
    return line


if __name__ == "__main__":
    sys.exit(main())
