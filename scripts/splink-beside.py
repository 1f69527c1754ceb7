#!/usr/bin/env python3
"""Splink 5 on the exports that `cargo bench -- --keep DIR` made, beside karat's run.

    scripts/splink-beside.py DIR [--threshold 0.95] [--threads N] [--json]

Splink links one clean table. What a person would do before is done here by hand, for
these five exports: headers to columns, lower case, digits of phones, names in two halves;
then a set-up for contacts as its guide has it: name, email, phone and company comparisons
with term frequencies, five blocking rules, training by EM. Prints seconds of CPU and wall,
peak memory, pairs and F1 against DIR/truth.csv, and karat's own figures from DIR/out/latest
where they are. Needs `pip install splink`; without it says so and leaves with 0, since
nothing of karat depends on it.
"""

import argparse
import csv
import json
import os
import resource
import sys
import time
from collections import Counter

try:
    import duckdb
    import splink
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
except ImportError:
    print("splink-beside: Splink is not installed (pip install splink): skipped")
    sys.exit(0)

# Source → its file's delimiter, and SQL for each column.
SOURCES = {
    "salesforce": (",", {
        "id": '"Id"', "given": '"FirstName"', "family": '"LastName"', "email": '"Email"',
        "phone": 'coalesce("MobilePhone", "Phone")', "company": '"Account.Name"',
        "city": '"MailingCity"', "title": '"Title"',
    }),
    "hubspot": (",", {
        "id": '"Record ID"', "given": '"First Name"', "family": '"Last Name"', "email": '"Email"',
        "phone": 'coalesce("Mobile Phone Number", "Phone Number")', "company": '"Company Name"',
        "city": '"City"', "title": '"Job Title"',
    }),
    "mailchimp": (",", {
        "id": '"LEID"', "given": '"First Name"', "family": '"Last Name"',
        "email": '"Email Address"', "phone": '"Phone Number"', "company": '"Company"',
        "city": "NULL", "title": "NULL",
    }),
    "events": (",", {
        "id": '"Attendee ID"', "given": "split_part(\"Attendee Name\", ' ', 1)",
        "family": "regexp_extract(\"Attendee Name\", ' (.*)$', 1)", "email": '"E-mail"',
        "phone": '"Telephone"', "company": '"Organisation"', "city": '"City"',
        "title": '"Position"',
    }),
    "spreadsheet": (";", {
        "id": '"No"',
        "given": "CASE WHEN contains(\"Full Name\", ',') THEN trim(split_part(\"Full Name\", ',', 2))"
                 " ELSE split_part(\"Full Name\", ' ', 1) END",
        "family": "CASE WHEN contains(\"Full Name\", ',') THEN split_part(\"Full Name\", ',', 1)"
                  " ELSE regexp_extract(\"Full Name\", ' (.*)$', 1) END",
        "email": '"E-mail"', "phone": '"Tel."', "company": '"Company / Org"', "city": '"City"',
        "title": '"Role"',
    }),
}


def table(con, folder):
    """One clean table of all sources."""
    parts = []
    for source, (delimiter, columns) in SOURCES.items():
        path = os.path.join(folder, f"{source}.csv")
        cells = dict(columns)
        text = lambda name: f"nullif(trim(lower({cells[name]})), '')"
        parts.append(
            f"SELECT '{source}' AS source, {cells['id']} AS record_id, "
            f"'{source}-' || {cells['id']} AS unique_id, "
            f"{text('given')} AS given, {text('family')} AS family, "
            f"CASE WHEN contains({cells['email']}, '@') THEN {text('email')} END AS email, "
            f"nullif(right(regexp_replace({cells['phone']}, '[^0-9]', '', 'g'), 8), '') AS phone, "
            f"nullif(regexp_replace({text('company')}, "
            f"'[., ]+(inc|ltd|llc|gmbh|co|corp|group)[.]?$', ''), '') AS company, "
            f"{text('city')} AS city, {text('title')} AS title "
            f"FROM read_csv('{path}', delim='{delimiter}', header=true, all_varchar=true)"
        )
    union = " UNION ALL ".join(parts)
    con.execute(f"CREATE TABLE contacts AS SELECT *, given || ' ' || family AS names FROM ({union})")


def settings():
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("given", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("family", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
            cl.LevenshteinAtThresholds("phone", 1),
            cl.JaroWinklerAtThresholds("company", [0.9]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.ExactMatch("title").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone", "family"),
            block_on("given", "family", "city"),
            block_on("family", "company"),
            block_on("given", "company"),
        ],
    )


def expert_settings():
    """What somebody who knows Splink and these exports would try: more levels, names
    compared together, and blocking rules until hardly a pair is missed."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ForenameSurnameComparison(
                "given", "family", forename_surname_concat_col_name="names",
                jaro_winkler_thresholds=[0.92, 0.8],
            ),
            cl.EmailComparison("email"),
            cl.LevenshteinAtThresholds("phone", [1, 2]),
            cl.JaroWinklerAtThresholds("company", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("title", [0.9]).configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone"),
            block_on("split_part(email, '@', 1)"),
            block_on("given", "family"),
            block_on("family", "company"),
            block_on("given", "company"),
            block_on("family", "substr(company, 1, 6)"),
            block_on("given", "substr(company, 1, 6)"),
            block_on("family", "split_part(email, '@', 2)"),
            block_on("given", "split_part(email, '@', 2)"),
            block_on("substr(given, 1, 1)", "family", "city"),
            block_on("substr(given, 1, 3)", "substr(family, 1, 3)", "city"),
            block_on("substr(given, 1, 3)", "substr(family, 1, 3)", "title"),
            block_on("company", "title"),
        ],
    )


def link(con, threshold, expert):
    db = DuckDBAPI(con)
    linker = Linker(db.register("contacts"), expert_settings() if expert else settings())
    linker.training.estimate_probability_two_random_records_match(
        [block_on("email"), block_on("phone", "given")], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("email"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("given", "family"))
    pairs = linker.inference.predict(threshold_match_probability=0.05)
    count = con.execute(f"SELECT count(*) FROM {pairs.physical_name}").fetchall()[0][0]
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold)
    found = con.execute(
        f"SELECT source, record_id, cluster_id FROM {clusters.physical_name}"
    ).fetchall()
    return count, {(source, record): cluster for source, record, cluster in found}


def f1(folder, cluster_of):
    """Pairwise, through a contingency table: no pair is ever listed."""
    sizes, clusters, cells = Counter(), Counter(), Counter()
    with open(os.path.join(folder, "truth.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = (row["source"], row["record_id"])
            entity, cluster = row["entity_id"], cluster_of.get(key) or key
            sizes[entity] += 1
            clusters[cluster] += 1
            cells[entity, cluster] += 1
    pairs = lambda counts: sum(n * (n - 1) // 2 for n in counts.values())
    true, found, right = pairs(sizes), pairs(clusters), pairs(cells)
    return {
        "precision": right / max(found, 1),
        "recall": right / max(true, 1),
        "f1": 2 * right / max(true + found, 1),
    }


def karat(folder):
    """karat's run in the same folder, if there is one."""
    latest = os.path.join(folder, "out", "latest")
    try:
        with open(os.path.join(latest, "xref.csv"), newline="", encoding="utf-8") as file:
            of = {(r["source"], r["record_id"]): r["golden_id"] or None for r in csv.DictReader(file)}
    except OSError:
        return None
    return f1(folder, of)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--threshold", type=float, default=0.95)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--expert", action="store_true", help="more levels and blocking rules")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    con = duckdb.connect()
    if options.threads:
        con.execute(f"SET threads = {options.threads}")
    table(con, options.folder)
    pairs, clusters = link(con, options.threshold, options.expert)
    wall = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "splink": splink.__version__,
        "duckdb": duckdb.__version__,
        "records": len(clusters),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "wall_seconds": round(wall, 1),
        "peak_mib": used.ru_maxrss // 1024,
        "pairs": pairs,
        **{name: round(value, 4) for name, value in f1(options.folder, clusters).items()},
    }
    beside = karat(options.folder)
    if beside:
        figures["karat"] = {name: round(value, 4) for name, value in beside.items()}
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:<14} {value}")


if __name__ == "__main__":
    main()
