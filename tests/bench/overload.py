#!/usr/bin/env python3
"""Checks what an overload does to Muster: five times its peak for 30 s, and who is served first. Part of script/check; ends with 1 when a promise broke.

The load generator shares the machine's cores with Muster, so the figures are those of a machine that is hit and does its own hitting.
"""
import argparse
import statistics
import sys
import threading
import time

from stage import Muster, cpu_seconds, resident, start_sink

MIB = 1 << 20
broken = []


def promise(words, value, limit, unit):
    kept = value <= limit
    print(f"{words:76} {value:10.1f} {unit:4} at most {limit:g}  {'yes' if kept else 'NO'}")
    if not kept:
        broken.append(words)


class Watch:
    """The most resident memory seen."""

    def __init__(self, pid):
        self.pid, self.most, self.over = pid, resident(pid), threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while not self.over.wait(0.1):
            self.most = max(self.most, resident(self.pid))

    def stop(self):
        self.over.set()
        self.thread.join()
        return self.most


def one_by_one(muster, seconds):
    """(moment, latency in ms) of commands sent one after another."""
    out, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        muster.command("INC-1 note one by one")
        out.append((begin, (time.monotonic() - begin) * 1000))
    return out


def overload(seconds, what, **load):
    """So much of one kind of request at once. Of alerts five times the peak really arrive; notes are so cheap that no generator on the same cores
    brings that many, so every connection waits all the time."""
    sink, _ = start_sink()
    with Muster(sink, wait="24h") as muster:
        muster.declare(8)
        calm = statistics.median(latency for _, latency in one_by_one(muster, 2))
        peak = muster.load(connections=512, seconds=4, **load)["per_second"]
        before, watch = resident(muster.pid), Watch(muster.pid)
        cpu = cpu_seconds(muster.pid)
        run = muster.load(rate=peak * 5, connections=3500, seconds=seconds, warmup=1, **load, **{"from": "sent"})
        over = time.monotonic()
        after = one_by_one(muster, 3)
        most = watch.stop()
        offered = run["requests"] + run["errors"] + run["lost"]
        print(f"{what}: peak {peak:,.0f}/s; {offered / run['seconds']:,.0f}/s reached Muster ({offered / run['seconds'] / peak:.1f} times the peak; {run['not_offered'] / run['seconds']:,.0f}/s more found "
              f"every one of 3,500 connections waiting), {run['per_second']:,.0f}/s were recorded, {run['errors'] / run['seconds']:,.0f}/s refused; answers {run['statuses']}, "
              f"Muster used {(cpu_seconds(muster.pid) - cpu) / (run['seconds'] + 4):.2f} cores, the load generator {run['cpu_s'] / run['seconds']:.2f}")
        promise(f"{what}: memory above what it was", (most - before) / MIB, 128, "MiB")
        promise(f"{what}: answers that are neither 200 nor 503", sum(n for status, n in run["statuses"].items() if status not in ("200", "503")) + run["lost"], 0, "")
        promise(f"{what}: recorded requests, p99", run["p99_ms"], 250, "ms")
        if run["errors"]:
            promise(f"{what}: refusals, p99", run["refused_p99_ms"], 50, "ms")
        normal = [latency for moment, latency in after if moment > over + 1]
        promise(f"{what}: afterwards, median latency from one second on, against calm", statistics.median(normal) / calm, 3, "x")
    promise(f"{what}: the record holds together" + ("" if muster.verified == "clean" else f" ({muster.verified})"), int(muster.verified != "clean"), 0, "")


def people_first(args):
    """People type while monitors flood: a person waits for the batch under way, an alert for all alerts before it."""
    sink, _ = start_sink()
    with Muster(sink, wait="24h") as muster:
        muster.declare(8)
        found = {}
        flood = threading.Thread(target=lambda: found.update(muster.load(mode="alert", connections=512, seconds=10, warmup=1)))
        flood.start()
        time.sleep(1.5)
        people = muster.load(mode="slack", rate=50, connections=16, seconds=7, warmup=0)
        flood.join()
        print(f"{found['per_second']:,.0f} alerts/s, p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms; people p50 {people['p50_ms']:.1f} ms, p99 {people['p99_ms']:.1f} ms, "
              f"{people['errors']} refused")
        promise("people during a flood of alerts: p99", people["p99_ms"], 250, "ms")
        promise("people during a flood of alerts: median, in medians of the alerts", people["p50_ms"] / found["p50_ms"], 0.75, "x")
        promise("people during a flood of alerts: refused", people["errors"], 0, "")


def still_owed(muster):
    """Messages to Slack that wait, as the metrics tell."""
    with muster.get("/metrics") as answer:
        lines = [line for line in answer.read().decode().splitlines() if line.startswith("muster_outbox_messages{") and 'integration="slack"' in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if 'state="queued"' in line or 'state="sending"' in line)


def pages_before_cosmetics(args):
    """Slack is slow and owes hundreds of calls; a page overtakes them."""
    sink, seen = start_sink(remember=True, pause=0.05)
    with Muster(sink, wait="24h") as muster:
        muster.declare(300)
        time.sleep(2)
        begin = time.monotonic()
        muster.load(mode="alert", count=1, connections=1, seconds=10, warmup=0)
        answered = time.monotonic()
        while not any(method == "conversations.open" and at > begin for method, at in seen.calls) and time.monotonic() < begin + 60:
            time.sleep(0.01)
        paged = next((at for method, at in seen.calls if method == "conversations.open" and at > begin), begin + 60)
        owed = still_owed(muster)
        print(f"the alert was recorded after {(answered - begin) * 1000:.0f} ms; when its page went out, {owed} messages were still owed to Slack")
        promise("a page while Slack owes hundreds of slow calls: until it goes out", paged - begin, 5, "s")
        promise("… and more than it was still owed", int(owed < 200), 0, "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=30, help="of the overload")
    args = parser.parse_args()
    overload(args.seconds, "notes", mode="api")
    overload(args.seconds, "alerts", mode="alert")
    people_first(args)
    pages_before_cosmetics(args)
    if broken:
        print("broken: " + "; ".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
