#!/usr/bin/env python3
"""What decisions are worth: karat on labelled sets before and after N answers from the truth.

    scripts/learn-from-decisions.py DATA_DIR [--bin target/release/karat] [--sets a,b]
                                    [--answers 200] [--seeds 3] [--from band,all,mistakes]

Pairs are drawn at random from all compared pairs (`all`), from those in the review band
(`band`: probability 0.3 to 0.95), or from the mistakes that a person may notice in the
result (`mistakes`: merged and two people, or compared, one person and not merged). The
truth answers each with `always` or `never`. Printed is F1 over pairs, the mean over the
seeds and its range:

  none    without decisions
  bound   the decisions bind, and teach nothing ([match] learn = false)
  taught  they teach the match model too
"""

import argparse
import csv
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("score_sets", HERE / "score-sets.py")
scorer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scorer)

BAND = (0.3, 0.95)
DRAWS = {
    "all": lambda pair: True,
    "band": lambda pair: BAND[0] <= float(pair["match_probability"]) <= BAND[1],
    "mistakes": lambda pair: pair["one_person"] != pair["merged"],
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--bin", default="target/release/karat")
    parser.add_argument("--sets", default="crm_small,crm_intl")
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--from", dest="draws", default="band,all,mistakes")
    options = parser.parse_args()
    options.bin = str(Path(options.bin).resolve())
    draws = options.draws.split(",")
    if set(draws) - set(DRAWS):
        parser.error(f"--from takes {', '.join(DRAWS)}")
    head = f"{'set':<22} {'from':<9} {'none':>7} {'bound':>7} {'taught':>7}  {'taught beyond bound, points':<28} {'answers always':>14}"
    print(head, flush=True)
    for name, folder in scorer.find_sets(options.data, options.sets):
        with tempfile.TemporaryDirectory() as scratch:
            measure(name, folder, Path(scratch), draws, options)
    return 0


def measure(name, folder, work, draws, options):
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    truth = scorer.existing(folder / dataset["truth"])
    plain = scorer.plan_text(dataset, folder, work)
    compared = work / "pairs.csv"
    none = evaluate(plain, truth, work, options, "--pairs", str(compared))
    with open(compared, encoding="utf-8", newline="") as file:
        pairs = [pair for pair in csv.DictReader(file) if pair["one_person"]]
    for draw in draws:
        pool = [pair for pair in pairs if DRAWS[draw](pair)]
        bound, taught, gains, always = [], [], [], []
        for seed in range(options.seeds):
            answers = random.Random(seed).sample(pool, min(options.answers, len(pool)))
            write_decisions(answers, work / "decisions.csv")
            decided = plain.replace("[plan]", '[plan]\ndecisions = "decisions.csv"', 1)
            bound.append(evaluate(decided + "\n[match]\nlearn = false\n", truth, work, options))
            taught.append(evaluate(decided, truth, work, options))
            gains.append(100 * (taught[-1] - bound[-1]))
            always.append(sum(pair["one_person"] == "true" for pair in answers))
        mean = lambda list: sum(list) / len(list)
        gain = f"{mean(gains):+.2f} ({min(gains):+.2f} to {max(gains):+.2f})"
        print(
            f"{name:<22} {draw:<9} {none:>7.4f} {mean(bound):>7.4f} {mean(taught):>7.4f}  {gain:<28} {mean(always):>7.0f} of {min(options.answers, len(pool))}",
            flush=True,
        )


def write_decisions(pairs, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(
            ["verdict", "source_a", "record_id_a", "source_b", "record_id_b", "by", "date", "why"]
        )
        for pair in pairs:
            verdict = "always" if pair["one_person"] == "true" else "never"
            records = [part for side in ("left", "right") for part in pair[side].split(":", 1)]
            out.writerow([verdict, *records, "truth", "", ""])


def evaluate(plan, truth, work, options, *more):
    """F1 over pairs."""
    path = work / "karat.toml"
    path.write_text(plan, encoding="utf-8")
    command = [options.bin, "evaluate", str(path), "--truth", str(truth), "--json", "--quiet", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"exit {done.returncode}: {done.stderr.strip()[:600]}")
    return json.loads(done.stdout)["pairwise"]["f1"]


if __name__ == "__main__":
    sys.exit(main())
