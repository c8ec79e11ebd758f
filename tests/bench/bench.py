#!/usr/bin/env python3
"""Measures what the README claims: Muster and its peers in alternation, on this machine.

Prints a table, writes the results as JSON and a chart as SVG. Every figure is the median of the rounds with the least and the most beside it; ratios
are taken round by round, of runs that followed each other at once. Traffic stays on loopback and every loop is bounded.
"""
import argparse
import os
import subprocess
import sys
import time
import urllib.request

import chart
from results import Results, compare
from stage import ROOT, Bolt, Muster, Nginx, first_load_bytes, load, resident, start_sink, wrk


def commands(args, results):
    """Signed slash commands, Muster's two kinds and Bolt in alternation; then latency at fixed rates up to saturation and beyond."""
    sink, _ = start_sink()
    rates = {"note": [], "severity": [], "bolt": []}
    with Muster(sink) as muster, Bolt(args.bolt) as bolt:
        muster.declare(8)
        for _ in range(args.rounds):
            for verb in ("note", "severity"):
                rates[verb].append(muster.load(verb=verb, seconds=args.seconds, connections=args.connections)["per_second"])
            rates["bolt"].append(bolt.load(args.connections, args.seconds)["per_second"])
        results.add("bolt_rss", resident(bolt.process.pid) / 1e6, "MB", "lower", "Bolt app: resident memory")
        results.add("note", rates["note"], "requests/s", "higher", "note: verified, decided, synced, answered")
        results.add("severity", rates["severity"], "requests/s", "higher", "severity: the same, and two messages owed")
        results.add("bolt", rates["bolt"], "requests/s", "higher", "bare Bolt app: verified, answered, nothing stored")
        results.add("note_over_bolt", ratios(rates["note"], rates["bolt"]), "times", "higher", "note over Bolt", 4.0)
        results.add("severity_over_bolt", ratios(rates["severity"], rates["bolt"]), "times", "higher", "severity over Bolt", 2.5)
        in_flight(args, results, muster, bolt)
        open_loop(args, results, muster, results.median("note"))
    results.about["verify_after_load"] = muster.verified


def ratios(ours, theirs):
    return [a / b for a, b in zip(ours, theirs)]


def in_flight(args, results, muster, bolt):
    """One sync of the disk answers all that came together, so how many requests are under way decides; to Bolt, which stores nothing, it is all the same."""
    points = []
    for connections in (8, 32, 64, 128, 256, 512):
        runs = [(muster.load(verb="note", seconds=args.seconds, connections=connections), bolt.load(connections, args.seconds)) for _ in range(args.rounds)]
        points.append([connections, [ours["per_second"] / theirs["per_second"] for ours, theirs in runs]])
    results.curve("in_flight", "note over Bolt by requests under way", "requests under way", "times", points, "higher")


def open_loop(args, results, muster, peak):
    """Latency from when a request was due, so that a stall is charged to all that it delayed; what was never answered is charged too. What was refused
    is not among the latencies, so its share stands beside them."""
    points = {"p50_ms": [], "p99_ms": [], "refused": []}
    for share in (0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1):
        runs = [muster.load(verb="note", seconds=args.seconds, rate=peak * share, connections=args.connections) for _ in range(args.rounds)]
        for run in runs:
            run["refused"] = 100 * (run["errors"] + run["lost"]) / max(1, run["requests"] + run["errors"] + run["lost"])
        for which, points_of in points.items():
            points_of.append([round(peak * share), [run[which] for run in runs]])
        if share == 0.5:
            results.add("half_peak_p50", [run["p50_ms"] for run in runs], "ms", "lower", "note at half of the peak: median latency")
            results.add("half_peak_p99", [run["p99_ms"] for run in runs], "ms", "lower", "note at half of the peak: p99 latency", 10.0)
    results.curve("latency_p50", "Median latency at fixed rates", "requests/s offered", "ms", points["p50_ms"], "lower", log_x=False, log_y=True)
    results.curve("latency_p99", "p99 latency at fixed rates", "requests/s offered", "ms", points["p99_ms"], "lower", log_x=False, log_y=True)
    results.curve("latency_refused", "Refused or lost at fixed rates", "requests/s offered", "percent", points["refused"], "lower", log_x=False)


def start_up(args, results):
    """Idle memory on an empty store; start to ready with 10,000 incidents stored."""
    sink, _ = start_sink()
    with Muster(sink) as muster:
        time.sleep(2)
        results.add("idle_rss", resident(muster.pid) / 1e6, "MB", "lower", "resident memory, idle", 40.0)
        muster.declare(10_000)
        muster.stop()
        times = []
        for _ in range(args.rounds):
            times.append(muster.start() * 1000)
            muster.stop()
        results.add("start", times, "ms", "lower", "start to ready with 10,000 incidents", 150.0)


def export(args, results):
    """One incident with 100,000 entries: the whole Markdown timeline over HTTP, streamed."""
    sink, _ = start_sink()
    with Muster(sink) as muster:
        muster.declare(1)
        fill(muster, 1, 100_000)
        times, first = [], []
        for _ in range(args.rounds):
            begin = time.monotonic()
            with muster.get("/api/v1/incidents/INC-1/timeline?format=md") as answer:
                answer.read(1)
                first.append((time.monotonic() - begin) * 1000)
                lines = sum(1 for _ in answer)
            times.append((time.monotonic() - begin) * 100_000 / max(lines, 1))
        results.add("export", times, "s", "lower", "exporting a timeline of 100,000 entries", 1.0)
        results.add("export_first_byte", first, "ms", "lower", "exporting it: to the first byte")


def fill(muster, incidents, entries):
    """Notes until so many are stored; at most ten minutes."""
    end = time.monotonic() + 600
    while (stored := sum(muster.last_seq(i + 1) for i in range(incidents))) < entries and time.monotonic() < end:
        muster.load(mode="api", verb="note", incidents=incidents, count=entries - stored, seconds=120, warmup=0)


def status_page(args, results):
    """The built-in page against nginx serving the same bytes as a file."""
    sink, _ = start_sink()
    with Muster(sink) as muster:
        for text in ("declare sev1 page", "INC-1 role commander alice", "INC-1 public investigating api=major_outage We are looking into failed requests."):
            muster.command(text)
        time.sleep(1)
        base = f"http://127.0.0.1:{muster.page_port}"
        results.add("first_load", first_load_bytes(base) / 1000, "kB", "lower", "status page, first load with gzip", 15.0)
        with urllib.request.urlopen(base + "/", timeout=5) as r:
            page = r.read()
        with Nginx(page) as nginx:
            ours, theirs = [], []
            for _ in range(args.rounds):
                ours.append(wrk(muster.page_port, args.seconds))
                theirs.append(wrk(nginx.port, args.seconds))
        results.add("page", ours, "requests/s", "higher", "built-in status page")
        results.add("nginx", theirs, "requests/s", "higher", "nginx with the same bytes as a file")
        results.add("page_over_nginx", ratios(ours, theirs), "times", "higher", "status page over nginx", 0.5)


def growth(args, results):
    """What a note costs as things grow: stored history, open incidents, lanes with messages that wait, timers that are set."""
    history(args, results)
    curve_of(args, results, "open_incidents", "Notes by open incidents", "open incidents", (8, 100, 1_000, 10_000), lambda muster, n: muster.declare(n), lambda n: n)
    # Of each incident whose room cannot be opened one lane waits: all else comes after the room.
    curve_of(args, results, "lanes", "Notes by lanes that wait for a dead Slack", "lanes with waiting messages", (8, 100, 1_000), lambda muster, n: muster.declare(n), lambda n: n, refuses=True)
    curve_of(args, results, "timers", "Notes by timers set", "timers set", (8, 100, 1_000, 10_000), timers_set, lambda n: 8)


def history(args, results):
    points = []
    sink, _ = start_sink()
    with Muster(sink) as muster:
        muster.declare(8)
        for entries in (1_000, 10_000, 100_000, 300_000, 1_000_000):
            if entries > args.history:
                break
            fill(muster, 8, entries)
            points.append([entries, [muster.load(verb="note", seconds=max(1, args.seconds // 2))["per_second"] for _ in range(args.rounds)]])
    results.curve("history", "Notes by stored history", "timeline entries stored", "requests/s", points, goal=1.3)


def timers_set(muster, timers):
    """Alerts that nobody acknowledges: each pages somebody and sets the timer of the next step."""
    muster.load(mode="alert", count=timers, seconds=300, warmup=0, connections=min(64, timers))
    if muster.last_seq(1) < 1:
        sys.exit("bench: the alerts opened nothing")


def curve_of(args, results, name, words, x, sizes, make, incidents, **sink_settings):
    points = []
    for size in sizes:
        if size > args.most:
            break
        sink, _ = start_sink(**sink_settings)
        with Muster(sink, wait="24h") as muster:
            make(muster, size)
            points.append([size, [muster.load(verb="note", incidents=incidents(size), seconds=max(1, args.seconds // 2))["per_second"] for _ in range(args.rounds)]])
    results.curve(name, words, x, "requests/s", points)


PARTS = {"commands": commands, "start_up": start_up, "export": export, "status_page": status_page, "growth": growth}


def about():
    def said(*command):
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    with open("/proc/cpuinfo") as f:
        cpu = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "?")
    return {"commit": said("git", "rev-parse", "--short", "HEAD"), "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "cpu": cpu, "cores": os.cpu_count(),
            "load_average_before": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement, after a second of warming up")
    parser.add_argument("--connections", type=int, default=64, help="requests under way in the measurements of commands")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated: " + ", ".join(PARTS))
    parser.add_argument("--history", type=int, default=1_000_000, help="how many entries the curve of stored history goes up to")
    parser.add_argument("--most", type=int, default=10_000, help="how far the other curves go")
    parser.add_argument("--bolt", required=True, help="folder with the Bolt peer installed")
    parser.add_argument("--out", default=f"{ROOT}/build/bench.json", help="results; the chart goes beside it as .svg")
    parser.add_argument("--compare", metavar="OLD.json", help="tell what got slower since; ends with 1 when something did")
    args = parser.parse_args()
    results = Results()
    results.about = about()
    for part in args.only.split(","):
        if part not in PARTS:
            parser.error(f"no part {part}: {', '.join(PARTS)}")
        print(f"bench: {part}", file=sys.stderr)
        PARTS[part](args, results)
    results.about["load_average_after"] = os.getloadavg()[0]
    results.save(args.out)
    chart.draw(results, args.out.removesuffix(".json") + ".svg")
    print(results.table())
    for key, value in results.about.items():
        print(f"{key}: {value}")
    print(f"results: {args.out}, chart: {args.out.removesuffix('.json')}.svg")
    if results.about["load_average_before"] > os.cpu_count() / 2:
        print("The machine was busy with other work when this began: only the ratios mean something, and they less than usual.")
    return 1 if args.compare and compare(args.compare, results) else 0


if __name__ == "__main__":
    sys.exit(main())
