#!/usr/bin/env python3
"""What each kind of evidence is worth: karat on labelled sets with one kind left out in turn.

    scripts/ablation.py DATA_DIR [--bin target/release/karat] [--sets a,b] [--only phone,rarity]
                        [--json] [--threads N]

The sets are those of scripts/score-sets.py. Each kind is left out by lines of the plan,
under [match] (docs/linking.md, "Another model"): every comparison; how rare a name is;
nicknames; names that sound alike; the kinds of pairs that the model tells apart. What is
left out is left out of comparing only: blocking stays as it is.

Prints F1 over pairs with everything, then by how much F1 falls without each kind, in
points (hundredths); `·` where it makes no difference. Exit 0 when every run ended well,
1 otherwise.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def load_scorer():
    spec = importlib.util.spec_from_file_location("score_sets", HERE / "score-sets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def comparison(name, *keys):
    return "\n".join(["[[match.comparison]]", f'name = "{name}"', *keys])


def kinds():
    """Name of each kind of evidence → the lines of a plan that leave it out."""
    model = tomllib.loads((HERE.parent / "rules" / "matching.toml").read_text(encoding="utf-8"))
    comparisons = model["comparison"]
    left_out = {c["name"]: comparison(c["name"], "use = false") for c in comparisons}
    rare = [c["name"] for c in comparisons if c.get("rarity")]
    left_out["rarity of names"] = "\n".join(comparison(name, "rarity = false") for name in rare)
    for title, level in (("nicknames", "nickname"), ("sound of names", "sound")):
        having = [c["name"] for c in comparisons if any(l["name"] == level for l in c["level"])]
        lines = f'level = [{{ name = "{level}", use = false }}]'
        left_out[title] = "\n".join(comparison(name, lines) for name in having)
    classes = ("other_job", "colleague", "relative")
    for name in classes:
        left_out[f"class {name}"] = f'[match]\nwithout = "{name}"'
    left_out["all three classes"] = f"[match]\nwithout = {json.dumps(classes)}"
    return left_out


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--bin", default="target/release/karat")
    parser.add_argument("--sets", default="")
    parser.add_argument("--only", default="", help="kinds of evidence, by comma")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--threads")
    options = parser.parse_args()
    options.bin = str(Path(options.bin).resolve())
    if not Path(options.bin).is_file():
        parser.error(f"{options.bin}: no such program (cargo build --release, or --bin PATH)")
    scorer = load_scorer()
    sets = scorer.find_sets(options.data, options.sets)
    left_out = kinds()
    only = [name for name in options.only.split(",") if name]
    unknown = set(only) - set(left_out)
    if unknown:
        parser.error(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(left_out)}")
    left_out = {"": ""} | {n: lines for n, lines in left_out.items() if not only or n in only}
    out = sys.stderr if options.json else sys.stdout
    width = max(len("without"), *(len(name) for name in left_out))
    names = [name for name, _ in sets]
    columns = [max(7, len(name)) for name in names]
    cells = (f"{name:>{size}}" for name, size in zip(names, columns))
    print(f"{'without':<{width}}  {'  '.join(cells)}", file=out, flush=True)
    results, failed = {}, False
    with tempfile.TemporaryDirectory() as scratch:
        for number, (kind, lines) in enumerate(left_out.items()):
            found = {}
            for name, folder in sets:
                try:
                    work = Path(scratch) / str(number) / name
                    found[name] = run(scorer, folder, work, lines, options)
                except scorer.Failed as error:
                    failed = True
                    print(f"{kind or 'everything'}, {name}: {error}", file=sys.stderr)
            results[kind or "nothing"] = found
            print(row(kind, found, results["nothing"], names, columns, width), file=out, flush=True)
    if options.json:
        print(json.dumps(results, indent=1))
    return 1 if failed else 0


def run(scorer, folder, work, lines, options):
    """Scores a set with more lines in its plan."""
    plain = scorer.plan_text
    scorer.plan_text = lambda *given: f"{plain(*given)}\n{lines}\n"
    try:
        result = scorer.score_set(folder, work, options)
    finally:
        scorer.plan_text = plain
    return {key: result[key] for key in ("precision", "recall", "f1", "b3_f1")}


def row(kind, found, whole, names, columns, width):
    cells = []
    for name, size in zip(names, columns):
        if name not in found or name not in whole:
            cell = "failed"
        elif not kind:
            cell = f"{found[name]['f1']:.4f}"
        else:
            points = 100 * (found[name]["f1"] - whole[name]["f1"])
            cell = "·" if abs(points) < 0.005 else f"{points:+.2f}"
        cells.append(f"{cell:>{size}}")
    return f"{kind or '(everything used)':<{width}}  {'  '.join(cells)}"


if __name__ == "__main__":
    sys.exit(main())
