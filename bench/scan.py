#!/usr/bin/env python3
"""Measures `brokerwatch scan` beside wc, ripgrep, DuckDB and zstd, after checking that its alerts are right.

    python3 bench/scan.py --gen ../shared/bench/gen

README.md beside this file says what is needed and how to read the numbers. Linux; standard library, and DuckDB if it is there.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # no `__pycache__` in the repository

import rules  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SEED_RULE = ROOT / "packs/seed/rules/command_and_control_outbound_pubsub_protocol_connection.toml"

# Neither a text nor a number that a search over bytes could look for: every event has to be read.
NO_LITERAL = "any where length(process.name) > 200 and process.pid >= 0"

# What the generator is asked for: plain events for the clock, and every other layout of the same JSON for the truth.
PLAIN = ["--seed", "7"]
EDGE = ["--seed", "11", "--dotted", "0.3", "--spaces", "0.3", "--odd", "0.3", "--shuffle", "0.5", "--array", "0.5",
        "--edge", "0.3", "--pubsub", "0.05", "--match", "0.01"]
EDGE_MB = 64

VERSION_RUNS = 20

# A run is repeated, at most so many times, if others used more than this share of a processor meanwhile.
CALM_TRIES = 12
OTHERS_MAX = 0.15


# ---------------------------------------------------------------- running and measuring

class Cost:
    """What one run took."""

    def __init__(self, cpu, wall, rss):
        self.cpu, self.wall, self.rss = cpu, wall, rss
        self.disturbed = False


def run(command, out=subprocess.DEVNULL, allowed=(0,)):
    """Runs a command to its end and returns its cost; any other exit code ends the benchmark."""
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        memory = Memory(child.pid)
        # Not `child.wait()`: only wait4 gives the costs of this child alone.
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
        memory.stop()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in allowed:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            sys.exit(f"{' '.join(map(str, command))}\nended with {child.returncode}: {said[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, memory.peak)


class Memory(threading.Thread):
    """Follows the peak of a process's memory, in bytes.

    `ru_maxrss` will not do: Linux counts what the child shared with this script before it became another program, so
    that no number could be lower than Python's own. The peak in /proc only rises, so what is missed is what a process
    gains in its last few milliseconds; one that lives shorter than that shows nothing.
    """

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status = f"/proc/{pid}/status"
        self.peak = 0
        self.ended = threading.Event()
        self.start()

    def run(self):
        while True:
            try:
                with open(self.status) as status:
                    peaks = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
            except OSError:
                return
            self.peak = max([self.peak, *(peak * 1024 for peak in peaks)])
            if self.ended.wait(0.005):
                return

    def stop(self):
        self.ended.set()
        self.join()


def output(command, allowed=(0,)):
    with tempfile.TemporaryFile() as out:
        run(command, out, allowed)
        out.seek(0)
        return out.read()


class Case:
    """One line of the table: a command, how much data it reads, and whether it is pinned."""

    def __init__(self, name, command, size=0, pinned=True, allowed=(0,), runs=1):
        self.name, self.command, self.size = name, [str(part) for part in command], size
        self.pinned, self.allowed, self.runs = pinned, allowed, runs
        self.costs = []

    def measure(self, core):
        """Runs the case; again, a few times, if others wanted the processor meanwhile. The calmest time counts."""
        pin = ["taskset", "-c", str(core)] if self.pinned and core is not None else []
        calmest = None
        for _ in range(CALM_TRIES):
            busy = busy_seconds()
            costs = [run(pin + self.command, allowed=self.allowed) for _ in range(self.runs)]
            mean = Cost(statistics.mean(c.cpu for c in costs), statistics.mean(c.wall for c in costs), max(c.rss for c in costs))
            others = (busy_seconds() - busy - self.runs * mean.cpu) / (self.runs * mean.wall)
            if calmest is None or others < calmest[0]:
                calmest = (others, mean)
            # The system counts in hundredths of a second, which say nothing about a run of a few.
            if self.runs * mean.wall < 0.05 or others < OTHERS_MAX:
                calmest = (0, mean)
                break
            time.sleep(0.5)
        others, mean = calmest
        mean.disturbed = OTHERS_MAX <= others
        self.costs.append(mean)
        return mean


def busy_seconds():
    """How long the processors of the machine have worked on anything since it started."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, interrupt, soft, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + interrupt + soft + steal) / os.sysconf("SC_CLK_TCK")


# ---------------------------------------------------------------- data

def generate(generator, folder, name, size_mb, options):
    """Makes a data set unless the same one is there; returns its file and the ids that the seed rule matches."""
    data, truth, note = (folder / f"{name}.{end}" for end in ("ndjson", "truth", "made"))
    command = [str(generator), "--bytes", f"{size_mb}M", *options]
    if not (note.is_file() and data.is_file() and note.read_text() == " ".join(command)):
        print(f"making {size_mb} MiB of {name} events", file=sys.stderr)
        run([*command, "-o", str(data), "--truth", str(truth), "--summary", str(folder / f"{name}.summary")])
        note.write_text(" ".join(command))
    ids = [json.loads(line)["id"] for line in truth.read_text().splitlines()]
    if not ids:
        sys.exit(f"{truth} is empty: this much data proves nothing, give more with --mb")
    return data, ids


def build_generator(folder, work):
    target = work / "generator"
    manifest = pathlib.Path(folder) / "Cargo.toml"
    run(["cargo", "build", "--quiet", "--release", "--manifest-path", str(manifest), "--target-dir", str(target)])
    return target / "release" / "ecsgen"


def compress(data):
    packed = data.with_suffix(".ndjson.zst")
    if not packed.is_file() or packed.stat().st_mtime < data.stat().st_mtime:
        run(["zstd", "--quiet", "--force", "-3", str(data), "-o", str(packed)])
    return packed


def write_rules(work, count):
    no_literal = work / "no-literal.toml"
    no_literal.write_text(rules.rule_file("Every Event Is Read", NO_LITERAL, random.Random(1)))
    many = work / f"rules-{count}"
    shutil.rmtree(many, ignore_errors=True)
    rules.write(many, count, seed=1)
    return no_literal, many


# ---------------------------------------------------------------- correctness

def alert_id(line):
    """`event.id` of an alert, nested or dotted."""
    alert = json.loads(line)
    return alert["event.id"] if "event.id" in alert else alert["event"]["id"]


def check(what, found, expected):
    """Right alerts first: a fast wrong answer is not worth a number."""
    missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    twice = len(found) - len(set(found))
    if missing or extra or twice:
        sys.exit(f"{what}: {len(missing)} alerts are missing {missing[:5]}, {len(extra)} are wrong {extra[:5]}, {twice} are double")
    print(f"right: {what}, {len(found)} alerts")


def verify(scan, sets, packed, main):
    for name, (data, ids) in sets.items():
        for options in ([], ["--strict"], ["--threads", "2"]):
            said = output([*scan, data, "--rules", SEED_RULE, "--format", "ndjson", *options], (0, 1))
            check(" ".join(["scan of", name, *options]), [alert_id(line) for line in said.splitlines()], ids)
    if packed:
        said = output([*scan, packed, "--rules", SEED_RULE, "--format", "ndjson"], (0, 1))
        check("scan of plain, zstd", [alert_id(line) for line in said.splitlines()], main)


# ---------------------------------------------------------------- DuckDB

def duckdb_ids(file):
    """The seed rule in SQL. DuckDB is told the types, so that it reads the wanted fields and guesses nothing."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    rows = connection.execute(
        """
        SELECT event.id
        FROM read_json(?, format = 'newline_delimited', columns = {
            event: 'STRUCT(action VARCHAR, category JSON, id VARCHAR)',
            destination: 'STRUCT(ip VARCHAR, port INTEGER)',
            process: 'STRUCT(name VARCHAR)'
        })
        WHERE event.action = 'connection_attempted'
          AND contains(CAST(event.category AS VARCHAR), '"network"')
          AND destination.port IN (1883, 8883, 5222, 5223, 5269, 5672, 5671, 61613, 61614)
          AND NOT coalesce(regexp_matches(destination.ip, '^(10\\.|127\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)'), false)
          AND NOT (destination.port IN (1883, 8883)
                   AND coalesce(lower(process.name) IN ('mosquitto', 'mosquitto_pub', 'mosquitto_sub', 'mosquitto.exe'), false))
        """,
        [file],
    ).fetchall()
    return [row[0] for row in rows]


def has_duckdb():
    try:
        import duckdb
    except ImportError:
        return None
    return duckdb.__version__


# ---------------------------------------------------------------- the table

def cases(scan, data, packed, no_literal, many, work, tools):
    size = data.stat().st_size
    empty = work / "empty.ndjson"
    empty.write_text("")
    found = (0, 1)

    def scans(name, file, rule, *options, threads=1, size=size):
        command = [*scan, file, "--rules", rule, "--format", "ndjson", "--stats", "--threads", threads, *options]
        return Case(name, command, size, pinned=threads == 1, allowed=found)

    table = [Case("wc -l", ["wc", "-l", data], size)]
    if tools["rg"]:
        table.append(Case("rg -c", ["rg", "-j1", "-c", "connection_attempted", data], size))
        table.append(Case("rg -c, read", ["rg", "-j1", "--no-mmap", "-c", "connection_attempted", data], size))
    if tools["duckdb"]:
        table.append(Case("duckdb", [sys.executable, HERE / "scan.py", "--duckdb", data], size))
    table += [
        scans("scan", data, SEED_RULE),
        scans("scan --strict", data, SEED_RULE, "--strict"),
        scans("scan, no literal", data, no_literal),
        scans("scan, many rules", data, many),
    ]
    if packed:
        table += [Case("zstd -dc", ["zstd", "-dc", packed], size), scans("scan, zstd", packed, SEED_RULE)]
    table += [
        scans("scan, 2 threads", data, SEED_RULE, threads=2),
        Case("start-up", [*scan[:-1], "--version"], runs=VERSION_RUNS),
        scans("load one rule", empty, SEED_RULE, size=0),
        scans("load many rules", empty, many, size=0),
    ]
    return table


HEADER = f"{'case':18} {'cpu s':>8} {'wall s':>8} {'rss MB':>8} {'GB/s':>7} {'cpu/rg':>7}"


def row(case, cost, reference):
    speed = f"{case.size / cost.wall / 1e9:7.2f}" if case.size else " " * 7
    ratio = f"{cost.cpu / reference:7.2f}" if case.size and reference else " " * 7
    memory = f"{cost.rss / 1e6:8.1f}" if cost.rss else " " * 8
    note = "  (others were busy)" if cost.disturbed else ""
    return f"{case.name:18} {cost.cpu:8.3f} {cost.wall:8.3f} {memory} {speed} {ratio}{note}"


def median(costs):
    return Cost(*(statistics.median(getattr(cost, part) for cost in costs) for part in ("cpu", "wall", "rss")))


def measure(table, rounds, core):
    """Interleaved: a slow minute of the machine falls on all cases alike."""
    reference = next((case for case in table if case.name == "rg -c"), None)
    for number in range(1, rounds + 1):
        print(f"\nround {number} of {rounds}\n{HEADER}")
        for case in table:
            cost = case.measure(core)
            print(row(case, cost, reference.costs[-1].cpu if reference and reference.costs else None), flush=True)
    middle = median(reference.costs).cpu if reference else None
    print(f"\nmedians of {rounds} rounds (spread: slowest cpu over fastest)\n{HEADER} {'spread':>7}")
    for case in table:
        spread = max(c.cpu for c in case.costs) / max(min(c.cpu for c in case.costs), 1e-9)
        print(f"{row(case, median(case.costs), middle)} {spread:7.2f}")


def results(table):
    return [{"case": case.name, "bytes": case.size, "rounds": [vars(cost) for cost in case.costs]} for case in table]


def machine(binary, tools):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    versions = [output([binary, "--version"]).decode().strip()]
    versions += [output(["rg", "--version"]).decode().splitlines()[0]] if tools["rg"] else []
    versions += [f"duckdb {tools['duckdb']}"] if tools["duckdb"] else []
    return f"{model}, {os.cpu_count()} cores; {'; '.join(versions)}"


def arguments():
    given = argparse.ArgumentParser(description="Measures `brokerwatch scan` after checking that its alerts are right.")
    given.add_argument("--gen", type=pathlib.Path, help="the folder of the event generator")
    given.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/brokerwatch")
    given.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "brokerwatch-bench", help="where data is kept between runs")
    given.add_argument("--mb", type=int, default=1000, help="MiB of events (default 1000)")
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--rules", type=int, default=1000, help="how many rules are many (default 1000)")
    given.add_argument("--core", type=int, default=0, help="the core that single-threaded cases are pinned to")
    given.add_argument("--no-pin", action="store_true", help="let the system choose the core")
    given.add_argument("--only-verify", action="store_true", help="check the alerts and stop")
    given.add_argument("--json", type=pathlib.Path, help="also write every measurement here")
    given.add_argument("--duckdb", metavar="FILE", help=argparse.SUPPRESS)  # the script runs itself so
    return given


def main():
    parser = arguments()
    given = parser.parse_args()
    if given.duckdb:
        print("\n".join(duckdb_ids(given.duckdb)))
        return
    if not given.gen:
        parser.error("--gen FOLDER is needed: the generator makes the events and knows the answers")
    if given.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not given.binary.is_file():
        parser.error(f"there is no {given.binary}: build it with `cargo build --release`, or give --binary")
    tools = {"rg": shutil.which("rg"), "zstd": shutil.which("zstd"), "duckdb": has_duckdb()}
    for name in (name for name, found in tools.items() if not found):
        print(f"{name} is not installed: its cases are left out", file=sys.stderr)
    core = given.core
    if given.no_pin or not shutil.which("taskset"):
        core = None
        print("nothing is pinned to a core", file=sys.stderr)
    work = given.work
    work.mkdir(parents=True, exist_ok=True)

    generator = build_generator(given.gen, work)
    plain, ids = generate(generator, work, "plain", given.mb, PLAIN)
    edge = generate(generator, work, "edge", EDGE_MB, EDGE)
    packed = compress(plain) if tools["zstd"] else None
    no_literal, many = write_rules(work, given.rules)
    scan = [str(given.binary.resolve()), "scan"]

    print(machine(given.binary, tools))
    print(f"{plain.stat().st_size / 1e9:.3f} GB of events, {len(ids)} of which match; single-threaded cases pinned to core {core}")
    verify(scan, {"plain": (plain, ids), "edge": edge}, packed, ids)
    if tools["duckdb"]:
        said = output([sys.executable, str(HERE / "scan.py"), "--duckdb", str(plain)]).decode()
        check("duckdb", said.split(), ids)
    if given.only_verify:
        return
    table = cases(scan, plain, packed, no_literal, many, work, tools)
    measure(table, given.rounds, core)
    if given.json:
        given.json.write_text(json.dumps(results(table), indent=1) + "\n")


if __name__ == "__main__":
    main()
