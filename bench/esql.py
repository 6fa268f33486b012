#!/usr/bin/env python3
"""Measures ES|QL in `brokerwatch query` beside DuckDB, ClickHouse (chdb) and Polars, after checking that all give one answer.

    python3 bench/esql.py --gen ../shared/bench/gen --python VENV/bin/python

README.md beside this file says what is needed and how to read the numbers. Linux; `--python` has duckdb, chdb and polars.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no `__pycache__` in the repository

import engines  # noqa: E402
import scan  # noqa: E402

OTHERS = ["duckdb", "chdb", "polars"]

PORTS = engines.PORTS
QUERIES = {
    "seed": f"""FROM * | WHERE event.action == "connection_attempted" AND destination.port IN {PORTS}
        | WHERE destination.ip IS NOT NULL
            AND NOT CIDR_MATCH(destination.ip, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
        | EVAL p = TO_LOWER(process.name)
        | WHERE NOT (destination.port IN (1883, 8883)
            AND COALESCE(p, "") IN ("mosquitto", "mosquitto_pub", "mosquitto_sub", "mosquitto.exe"))
        | STATS n = COUNT(*), first_seen = MIN(@timestamp), last_seen = MAX(@timestamp) BY host.name, p, destination.port
        | WHERE n > 1 | KEEP host.name, p, destination.port, n, first_seen, last_seen""",
    "actions": "FROM * | STATS n = COUNT(*) BY event.dataset, event.action | KEEP event.dataset, event.action, n",
    "destinations": """FROM * | WHERE destination.ip IS NOT NULL
        | STATS n = COUNT(*), hosts = COUNT_DISTINCT(host.name, 40000) BY destination.ip, destination.port
        | WHERE hosts > 3 | KEEP destination.ip, destination.port, n, hosts""",
    "hours": """FROM * | WHERE event.action == "connection_attempted"
        | STATS n = COUNT(*) BY h = BUCKET(@timestamp, 1 hour), host.name | KEEP h, host.name, n""",
    "children": """FROM * | WHERE process.command_line LIKE "*curl*" OR process.command_line LIKE "*http*"
        | STATS n = COUNT(*), users = COUNT_DISTINCT(user.name, 40000) BY process.parent.name, process.name
        | KEEP process.parent.name, process.name, n, users""",
    "entities": "FROM * | STATS n = COUNT(*) BY process.entity_id | STATS m = COUNT(*) BY n | KEEP n, m",
}

# Columns of times are compared to the second or, in `hours`, to the hour: other engines keep more or less of a second.
TIMES = {"seed": {4: 19, 5: 19}, "hours": {0: 13}}


class Outcome:
    """What one run took: the query alone, and the whole process if somebody would start one for it; and its answer."""

    def __init__(self, seconds, peak, rows, whole=None):
        self.seconds, self.peak, self.rows, self.whole = seconds, peak, rows, whole


def answer(query, rows):
    """An answer as it is compared: in any order, times cut."""
    cut = TIMES.get(query, {})

    def value(at, given):
        return str(given)[:cut[at]].replace(" ", "T") if at in cut else given
    return sorted(([value(at, each) for at, each in enumerate(row)] for row in rows), key=repr)


def forget(path):
    """Takes a file out of the page cache, so that it is read from disk: a cold run."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(command, environment):
    """Runs a command; gives its wall time, its peak memory, and what it printed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=environment)
        memory = scan.Memory(child.pid)
        code = child.wait()
        seconds = time.perf_counter() - begin
        memory.stop()
        if code not in (0, 1):  # 1: `query` found something
            errors.seek(0)
            sys.exit(f"{' '.join(command)}\nended with {code}: {errors.read().decode(errors='replace')[-2000:]}")
        out.seek(0)
        return seconds, memory.peak, json.load(out)


def ours(binary, query, path, threads):
    command = [str(binary), "query", "-q", "--format", "json", "--all-rows", "--threads", str(threads), QUERIES[query], str(path)]
    whole, peak, document = timed(command, None)
    return Outcome(document["took"] / 1000, peak, answer(query, document["values"]), whole)


def duckdb_cli(python, layout, query, path, threads):
    """How long DuckDB takes as a command, the only one of the others that is one; None if it is not there."""
    program = pathlib.Path(python).with_name("duckdb")
    if not program.is_file():
        return None
    statements = "; ".join(engines.duckdb_statements(layout, query, path, threads))
    begin = time.perf_counter()
    subprocess.run([program, "-json", "-c", statements], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def other(python, engine, layout, query, path, threads):
    script = pathlib.Path(__file__).with_name("engines.py")
    command = [str(python), "-B", str(script), engine, layout, query, str(path), str(threads)]
    _, peak, document = timed(command, {**os.environ, "POLARS_MAX_THREADS": str(threads)})
    # Python and the loading of the engine are not counted: a user may have them open.
    return Outcome(document["seconds"], peak, answer(query, document["rows"]))


def parquet(python, data):
    """The events as one Parquet file with the fields that the queries name, written by DuckDB."""
    made = data.with_suffix(".parquet")
    if made.is_file() and data.stat().st_mtime < made.stat().st_mtime:
        return made
    names = list(engines.FIELDS["ndjson"])

    def kind(node):
        if isinstance(node, str):
            return "BIGINT" if node == "number" else "VARCHAR"
        return "STRUCT(" + ", ".join(f'"{name}" {kind(under)}' for name, under in node.items()) + ")"
    columns = ", ".join(f"'{name}': '{kind(node)}'" for name, node in engines.tree(names).items())
    dotted = {name: engines.FIELDS["ndjson"][name].strip('"') for name in names}
    picked = ", ".join(
        f'CAST("@timestamp" AS TIMESTAMP_MS) AS "@timestamp"' if name == "time"
        else '"' + dotted[name].replace(".", '"."') + f'" AS "{dotted[name]}"' for name in names)
    text = (f"SET threads = 1; COPY (SELECT {picked} FROM read_ndjson('{data}', columns = {{{columns}}})) "
            f"TO '{made}' (FORMAT parquet, COMPRESSION zstd)")
    subprocess.run([str(python), "-c", "import sys, duckdb; duckdb.execute(sys.argv[1])", text], check=True)
    return made


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--gen", required=True, help="the folder of the event generator")
    arguments.add_argument("--python", default=sys.executable, help="a Python that has duckdb, chdb and polars")
    arguments.add_argument("--binary", help="brokerwatch; by default it is built with the profile `release`")
    arguments.add_argument("--mb", type=int, default=500, help="size of the data (default 500)")
    arguments.add_argument("--parquet-mb", type=int, nargs="+", default=[500, 5000],
                           help="sizes of the events that are measured as Parquet (default 500 5000)")
    arguments.add_argument("--layouts", nargs="+", default=["ndjson", "parquet"], help="ndjson, parquet or both")
    arguments.add_argument("--rounds", type=int, default=3, help="how often each is run, in turn (default 3)")
    arguments.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments.add_argument("--work", default=None, help="where data is kept between runs (default: a folder that is removed)")
    arguments.add_argument("--cold", action="store_true", help="only cold runs; without it warm ones come after them")
    given = arguments.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(given.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        binary = given.binary or build()
        generator = scan.build_generator(given.gen, work)

        def events(megabytes):
            return scan.generate(generator, work, f"esql-{megabytes}", megabytes, scan.PLAIN)[0]
        files = [("ndjson", events(given.mb))] if "ndjson" in given.layouts else []
        if "parquet" in given.layouts:
            files += [("parquet", parquet(given.python, events(megabytes))) for megabytes in given.parquet_mb]
        for layout, path in files:
            print(f"\n## {layout}, {path.stat().st_size / 1e6:.0f} MB\n")
            for temperature in ["cold"] if given.cold else ["cold", "warm"]:
                for threads in given.threads:
                    measure(binary, given, layout, path, temperature, threads)


def build():
    scan.run(["cargo", "build", "--quiet", "--release", "-p", "brokerwatch"])
    return scan.ROOT / "target/release/brokerwatch"


def measure(binary, given, layout, path, temperature, threads):
    """One table: every query in every engine, in turn, and the medians."""
    print(f"{temperature}, {threads} thread{'s' if threads > 1 else ''}; seconds (peak MB)\n")
    print("| query | brokerwatch | " + " | ".join(OTHERS) + " | best other / brokerwatch | the process | `duckdb` | ratio |")
    print("| --- | --: | " + "--: | " * len(OTHERS) + "--: | --: | --: | --: |")
    for query in QUERIES:
        runs = {name: [] for name in ["brokerwatch", *OTHERS]}
        commands = []
        for _ in range(given.rounds):
            for name, outcomes in runs.items():
                if temperature == "cold":
                    forget(path)
                outcome = (ours(binary, query, path, threads) if name == "brokerwatch"
                           else other(given.python, name, layout, query, path, threads))
                outcomes.append(outcome)
            if temperature == "cold":
                forget(path)
            commands.append(duckdb_cli(given.python, layout, query, path, threads))
        check(query, runs)
        print(f"| {query} | {' | '.join(cells(runs, commands))} |", flush=True)
    print()


def cells(runs, commands):
    """A line of the table: the queries alone and their peaks, then the processes."""
    medians = {name: statistics.median(each.seconds for each in outcomes) for name, outcomes in runs.items()}
    peaks = {name: max(each.peak for each in outcomes) / 1e6 for name, outcomes in runs.items()}
    best = min(medians[name] for name in OTHERS)
    whole = statistics.median(each.whole for each in runs["brokerwatch"])
    line = [f"{medians[name]:.3f} ({peaks[name]:.0f})" for name in runs]
    line += [f"{best / medians['brokerwatch']:.2f}", f"{whole:.3f}"]
    if None in commands:
        return line + ["–", "–"]
    command = statistics.median(commands)
    return line + [f"{command:.3f}", f"{command / whole:.2f}"]


def check(query, runs):
    """Right answers first: a fast wrong answer is not worth a number."""
    expected = runs["duckdb"][0].rows
    if not expected:
        sys.exit(f"{query}: no rows: this proves nothing, give more data with --mb")
    for name, outcomes in runs.items():
        for outcome in outcomes:
            if outcome.rows != expected:
                differ = [row for row in outcome.rows if row not in expected][:3]
                lacking = [row for row in expected if row not in outcome.rows][:3]
                sys.exit(f"{query}: {name} differs from duckdb: has {differ}, lacks {lacking}")


if __name__ == "__main__":
    main()
