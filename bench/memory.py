#!/usr/bin/env python3
"""Measures how much memory `brokerwatch scan` takes for a stream of each source of telemetry that is longer than memory.

    python3 bench/memory.py --evtx FOLDER

README.md beside this file says how to read the numbers. Linux; standard library.
"""

import argparse
import fcntl
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no `__pycache__` in the repository

import scan  # noqa: E402
import sources  # noqa: E402

INPUTS = scan.ROOT / "crates/brokerwatch/tests/telemetry/sources"
BLOCK_BYTES = 8 << 20
PIPE_BYTES = 1 << 20
# Stands in a block where each repetition has a number of its own, which is as wide.
TURN = b"@@@@@@"
EVTX = "windows-evtx"
EVTX_MB = 64
# The logs have one event that the built-in rule fires on: a call to this address, as text and as the audit log and LAUREL
# write it. All but one in a block call a private one instead.
CALLED = {b"203.0.113.9": b"192.168.1.9", b"CB007109": b"C0A80109", b"%CB%00%71%09": b"%C0%A8%01%09"}


# ---------------------------------------------------------------- streams

class Stream:
    """A log without end: what stands before it, and a block that is given again and again."""

    def __init__(self, name, start, block):
        self.name, self.start, self.block = name, start, block

    def pieces(self):
        yield self.start
        turn = 0
        while True:
            yield self.block.replace(TURN, b"%06d" % turn) if TURN in self.block else self.block
            turn += 1


def text_stream(name, log):
    """The small log of a source, so often that it fills a block. A header is given once, at the start."""
    lines = log.splitlines(keepends=True)
    header = {"mde-csv": lines[:1], "zeek-table": [line for line in lines if line.startswith(b"#")]}.get(name, [])
    start = b"".join(header)
    events = b"".join(line for line in lines if line not in header)
    quiet = events
    for address, private in CALLED.items():
        quiet = quiet.replace(address, private)
    times = BLOCK_BYTES // len(events)
    if name == "audit-log":
        return Stream(name, start, audit_block([quiet] * times + [events]))
    return Stream(name, start, quiet * times + events)


def audit_block(logs):
    """Lines of the audit log are put together by their serial, so serials and times move on as the kernel's do."""
    stamps = sorted(set(re.findall(rb"audit\([\d.]+:\d+\)", logs[0])))
    millis = len(stamps) * len(logs) / 1000
    block, number = [], 0
    for moved in logs:
        for stamp in stamps:
            moved = moved.replace(stamp, b"audit(1772%s.%03d:%s%06d)" % (TURN, int(number / millis), TURN, number))
            number += 1
        block.append(moved)
    return b"".join(block)


def log_stream(corpus, folder):
    """A Windows event log of the chunks of real ones."""
    whole, parts = sources.event_logs(corpus, folder, EVTX_MB)
    log = whole.read_bytes()
    for path in [whole, *parts]:
        path.unlink()
    return Stream(EVTX, log[:sources.LOG_HEADER], log[sources.LOG_HEADER:])


def streams(given, folder):
    found = [text_stream(path.stem, path.read_bytes()) for path in sorted(INPUTS.glob("*.in"))]
    if given.evtx:
        found.append(log_stream(given.evtx, folder))
    chosen = [stream for stream in found if not given.only or any(word in stream.name for word in given.only)]
    return sorted(chosen, key=lambda stream: stream.name)


# ---------------------------------------------------------------- measuring

class Measured:
    """How long a stream was, and the memory that its scan took."""

    def __init__(self, name, size, early_peak, peak, wall):
        self.name, self.size, self.early_peak, self.peak, self.wall = name, size, early_peak, peak, wall

    def row(self):
        megabytes = lambda count: f"{count / 1e6:,.0f}"
        rate = self.size / self.wall / 1e6
        return f"| {self.name} | {self.size / 1e9:,.1f} | {megabytes(self.early_peak)} | {megabytes(self.peak)} | {rate:,.0f} |"


def check(stream, binary):
    """The program takes the stream for what it is, and reads all of it."""
    pieces = stream.pieces()
    log = b"".join(next(pieces) for _ in range(3))
    said = subprocess.run([binary, "inspect", "--format", "json", "-"], input=log, stdout=subprocess.PIPE, check=True)
    told = json.loads(said.stdout)[0]
    if (told["source"], told["malformed"]) != (stream.name, 0) or not told["events"]:
        sys.exit(f"{stream.name}: the program says {told}")


def measure(stream, binary, size, threads):
    """Scans so many bytes of a stream from standard input."""
    command = [binary, "scan", "--rules", str(scan.SEED_RULE), "--format", "ndjson", *(["--threads", str(threads)] if threads else []), "-"]
    with tempfile.TemporaryFile() as errors, open(os.devnull, "wb") as nothing:
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=nothing, stderr=errors)
        fcntl.fcntl(child.stdin, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        memory = scan.Memory(child.pid)
        written, early_peak = 0, None
        for piece in stream.pieces():
            try:
                child.stdin.write(piece)
            except BrokenPipeError:
                break
            written += len(piece)
            if early_peak is None and size <= 10 * written:
                early_peak = memory.peak
            if size <= written:
                break
        try:
            child.stdin.close()
        except BrokenPipeError:
            pass
        code = child.wait()
        wall = time.perf_counter() - begin
        memory.stop()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
    if code not in (0, 1) or written < size:
        sys.exit(f"{stream.name}: the scan ended with {code} after {written} bytes: {said[-2000:]}")
    return Measured(stream.name, written, early_peak, memory.peak, wall)


def arguments():
    given = argparse.ArgumentParser(description="Measures the memory of `brokerwatch scan` for long streams of each source.")
    given.add_argument("--gigabytes", type=float, default=10, help="how long each stream is (default 10)")
    given.add_argument("--evtx", type=pathlib.Path, help="a folder of Windows event logs; without it they are left out")
    given.add_argument("--binary", type=pathlib.Path, default=scan.ROOT / "target/release/brokerwatch")
    given.add_argument("--threads", type=int, help="how many threads scan (default: the program's)")
    given.add_argument("--only", nargs="+", metavar="WORD", help="only sources with one of these words in their name")
    given.add_argument("--most", type=float, default=100, metavar="MB", help="end with an error if a scan takes more (default 100)")
    return given


def main():
    parser = arguments()
    given = parser.parse_args()
    if not given.binary.is_file():
        parser.error(f"there is no {given.binary}: build it with `cargo build --release`, or give --binary")
    binary = str(given.binary.resolve())
    with tempfile.TemporaryDirectory() as folder:
        chosen = streams(given, pathlib.Path(folder))
    print("| source | GB | MB after a tenth | peak MB | MB/s |", flush=True)
    print("| --- | --: | --: | --: | --: |", flush=True)
    too_much = []
    for stream in chosen:
        check(stream, binary)
        measured = measure(stream, binary, int(given.gigabytes * 1e9), given.threads)
        print(measured.row(), flush=True)
        if given.most * 1e6 < measured.peak:
            too_much.append(stream.name)
    if too_much:
        sys.exit(f"more than {given.most:g} MB: {', '.join(too_much)}")


if __name__ == "__main__":
    main()
