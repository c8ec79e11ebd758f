#!/usr/bin/env python3
"""Measures what the README claims, Muster and its peers in alternation on this machine. Prints a table, writes results as JSON.

Every figure is the median of the rounds; ratios are of medians of one run. Traffic stays on loopback and every loop is bounded.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECRET = "benchmark-signing-secret"
TOKEN = "benchmark-api-token-0123456789"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sink(BaseHTTPRequestHandler):
    """A Slack that takes everything at once."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        method = self.path.rsplit("/", 1)[-1]
        answer = {"ok": True, "ts": "%.6f" % time.time(), "channel": {"id": "C%x" % (time.time_ns() & 0xffffff), "name": "inc"},
                  "user_id": "U0BOT", "bot_id": "B1", "team_id": "T1", "messages": [], "channels": []}
        if method.startswith("chat."):
            answer["channel"] = "C1"
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *args):
        pass


def wait_ready(url, seconds=20, headers=None):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=1) as r:
                if r.status == 200:
                    return True
        except OSError:
            time.sleep(0.005)
    return False


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Muster:
    def __init__(self, sink_port, folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="muster-bench-")
        self.port, self.page_port = free_port(), free_port()
        with open(f"{self.folder}/muster.yaml", "w") as f:
            f.write(f"""server: {{listen: "127.0.0.1:{self.port}", public_url: "http://127.0.0.1:{self.port}"}}
store: {{url: "sqlite:{self.folder}/muster.db"}}
api: {{tokens: [{{name: bench, token: "{TOKEN}", scopes: [read, respond, publish, admin]}}]}}
slack: {{bot_token: "xoxb-benchmark-bot-token", signing_secret: "{SECRET}", api_url: "http://127.0.0.1:{sink_port}/api/", announce_channel: C0}}
people: [{{id: alice, name: Alice, slack: U01}}]
status_pages: [{{kind: builtin, name: public, listen: "127.0.0.1:{self.page_port}", title: Example, components: [{{id: api, name: API}}, {{id: web, name: Website}}]}}]
log: {{level: error}}
""")

    def start(self):
        begin = time.monotonic()
        self.process = subprocess.Popen([f"{ROOT}/build/release/muster", "serve", "--config", f"{self.folder}/muster.yaml"],
                                        stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/log", "a"))
        if not wait_ready(f"http://127.0.0.1:{self.port}/readyz"):
            sys.exit(f"bench: Muster did not get ready; its log is {self.folder}/log")
        return time.monotonic() - begin

    def command(self, text):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/commands", json.dumps({"text": text}).encode(),
                                         {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as r:
            return json.load(r)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Bolt:
    def __init__(self, folder):
        self.port = free_port()
        self.process = subprocess.Popen(["node", "app.js"], cwd=folder, env={**os.environ, "SECRET": SECRET, "PORT": str(self.port)},
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("bench: the Bolt peer did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def load(port, path, verb, seconds, rate=0):
    out = subprocess.run([f"{ROOT}/build/release/tests/bench/load", "--port", str(port), "--path", path, "--verb", verb, "--secret", SECRET,
                          "--seconds", str(seconds), "--rate", str(rate)], capture_output=True, text=True)
    if not out.stdout:
        sys.exit(f"bench: the load generator said: {out.stderr}")
    result = json.loads(out.stdout)
    if result["errors"]:
        print(f"  warning: {result['errors']} refusals: {out.stderr.strip()[:200]}", file=sys.stderr)
    return result


def median(values):
    return statistics.median(values)


def commands(args, results, bolt_folder, sink_port):
    """Slash commands, Muster and Bolt in alternation."""
    verbs = {"note": [], "severity": []}
    bolt_rates = []
    muster = Muster(sink_port)
    muster.start()
    for i in range(8):
        muster.command(f"declare sev1 benchmark {i + 1}")
    results["idle_rss_mb"] = None
    bolt = Bolt(bolt_folder)
    try:
        for _ in range(args.rounds):
            for verb in verbs:
                verbs[verb].append(load(muster.port, "/slack/commands", verb, args.seconds)["per_second"])
            bolt_rates.append(load(bolt.port, "/slack/events", "note", args.seconds)["per_second"])
        results["bolt_per_second"] = median(bolt_rates)
        results["bolt_rss_mb"] = rss_bytes(bolt.process.pid) / 1e6
        for verb, rates in verbs.items():
            results[f"{verb}_per_second"] = median(rates)
            results[f"{verb}_spread"] = [min(rates), max(rates)]
            results[f"{verb}_over_bolt"] = median(rates) / results["bolt_per_second"]
        half = load(muster.port, "/slack/commands", "note", args.seconds, rate=results["note_per_second"] / 2)
        results["note_half_peak_p50_ms"], results["note_half_peak_p99_ms"] = half["p50_ms"], half["p99_ms"]
    finally:
        bolt.stop()
        muster.stop()
    verify = subprocess.run([f"{ROOT}/build/release/muster", "verify", "--config", f"{muster.folder}/muster.yaml"], capture_output=True, text=True)
    results["verify_after_load"] = "clean" if verify.returncode == 0 else verify.stdout + verify.stderr
    shutil.rmtree(muster.folder, ignore_errors=True)


def start_up(args, results, sink_port):
    """Idle memory on an empty store; start to ready with 10,000 incidents stored."""
    empty = Muster(sink_port)
    empty.start()
    time.sleep(2)
    results["idle_rss_mb"] = rss_bytes(empty.process.pid) / 1e6
    workers = [threading.Thread(target=lambda k=k: [empty.command(f"declare sev4 stored {k}-{i}") for i in range(625)]) for k in range(16)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    empty.stop()
    times = []
    for _ in range(args.rounds):
        times.append(empty.start())
        empty.stop()
    results["start_to_ready_ms_10000_incidents"] = median(times) * 1000
    shutil.rmtree(empty.folder, ignore_errors=True)


def export(args, results, sink_port):
    """One incident with 100,000 entries: the whole Markdown timeline over HTTP."""
    muster = Muster(sink_port)
    muster.start()
    muster.command("declare sev1 long one")
    while True:
        load_result = subprocess.run([f"{ROOT}/build/release/tests/bench/load", "--port", str(muster.port), "--incidents", "1", "--secret", SECRET,
                                      "--seconds", "4", "--warmup", "0"], capture_output=True, text=True)
        done = muster.command("INC-1 show") and entries(muster)
        if done >= 100_000 or not load_result.stdout:
            break
    times = []
    for _ in range(args.rounds):
        begin = time.monotonic()
        request = urllib.request.Request(f"http://127.0.0.1:{muster.port}/api/v1/incidents/INC-1/timeline?format=md", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=60) as r:
            lines = sum(1 for _ in r)
        times.append((time.monotonic() - begin) * 100_000 / max(lines, 1))
    results["export_100000_entries_s"] = median(times)
    results["export_lines"] = lines
    muster.stop()
    shutil.rmtree(muster.folder, ignore_errors=True)


def entries(muster):
    request = urllib.request.Request(f"http://127.0.0.1:{muster.port}/api/v1/incidents/INC-1", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as r:
        return json.load(r)["incident"]["last_seq"]


def wrk(port, seconds, path="/"):
    out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout
    for line in out.splitlines():
        if "Requests/sec" in line:
            return float(line.split()[1])
    sys.exit("bench: wrk said: " + out)


def status_page(args, results, sink_port):
    """The built-in page against nginx serving the same bytes as a file."""
    muster = Muster(sink_port)
    muster.start()
    muster.command("declare sev1 page")
    muster.command("INC-1 role commander alice")
    muster.command("INC-1 public investigating api=major_outage We are looking into failed requests.")
    time.sleep(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{muster.page_port}/", timeout=5) as r:
        page = r.read()
    folder = tempfile.mkdtemp(prefix="nginx-bench-")
    os.chmod(folder, 0o755)
    with open(f"{folder}/index.html", "wb") as f:
        f.write(page)
    port = free_port()
    with open(f"{folder}/nginx.conf", "w") as f:
        f.write(f"""worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ text/html html; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
""")
    nginx = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
    try:
        if not wait_ready(f"http://127.0.0.1:{port}/"):
            sys.exit("bench: nginx did not start")
        ours, theirs = [], []
        for _ in range(args.rounds):
            ours.append(wrk(muster.page_port, args.seconds))
            theirs.append(wrk(port, args.seconds))
        results["page_bytes"] = len(page)
        results["page_per_second"], results["nginx_per_second"] = median(ours), median(theirs)
        results["page_over_nginx"] = median(ours) / median(theirs)
    finally:
        nginx.terminate()
        nginx.wait()
        muster.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(muster.folder, ignore_errors=True)


GOALS = [
    ("note_over_bolt", ">=", 4.0, "note, times Bolt's requests per second"),
    ("severity_over_bolt", ">=", 2.5, "severity, times Bolt's requests per second"),
    ("note_half_peak_p99_ms", "<", 10.0, "p99 at half of the peak, ms"),
    ("idle_rss_mb", "<", 40.0, "resident memory idle, MB"),
    ("start_to_ready_ms_10000_incidents", "<", 150.0, "start to ready with 10,000 incidents, ms"),
    ("export_100000_entries_s", "<", 1.0, "exporting 100,000 entries, s"),
    ("page_over_nginx", ">=", 0.5, "status page, times nginx's requests per second"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--only", default="commands,start_up,export,status_page")
    parser.add_argument("--bolt", required=True, help="folder with the Bolt peer installed")
    parser.add_argument("--out", default=f"{ROOT}/build/bench.json")
    args = parser.parse_args()
    args.seconds = int(args.seconds)
    sink = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    sink.daemon_threads = True
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    results = {}
    for part in args.only.split(","):
        print(f"bench: {part}", file=sys.stderr)
        if part == "commands":
            commands(args, results, args.bolt, sink.server_port)
        else:
            {"start_up": start_up, "export": export, "status_page": status_page}[part](args, results, sink.server_port)
    print(f"\n{'what':55} {'measured':>12} {'goal':>10}")
    for key, sign, goal, words in GOALS:
        if results.get(key) is None:
            continue
        value = results[key]
        met = value >= goal if sign == ">=" else value < goal
        print(f"{words:55} {value:12.2f} {sign + ' ' + str(goal):>10}  {'yes' if met else 'NO'}")
    for key in ("note_per_second", "severity_per_second", "bolt_per_second", "bolt_rss_mb", "page_per_second", "nginx_per_second", "verify_after_load"):
        if key in results:
            print(f"{key:55} {results[key] if isinstance(results[key], str) else round(results[key], 1):>12}")
    with open(args.out, "w") as f:
        json.dump(results, f, indent=1)
    print(f"results: {args.out}")


if __name__ == "__main__":
    main()
