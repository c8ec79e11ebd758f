"""What is measured and against what: Muster, its peers, a vendor that takes everything, and the load generator. Loopback only."""
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = f"{ROOT}/build/release/muster"
LOAD = f"{ROOT}/build/release/tests/bench/load"
SECRET = "benchmark-signing-secret"
TOKEN = "benchmark-api-token-0123456789"
ALERT_KEY = "benchmark-alert-key-0123456789"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class SlackSink(BaseHTTPRequestHandler):
    """A Slack that takes everything at once, or after `pause` s; `calls` holds method and moment when `remember` is set. `refuses`: 503."""
    protocol_version = "HTTP/1.1"
    remember = False
    refuses = False
    pause = 0
    calls = []

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        method = self.path.rsplit("/", 1)[-1]
        if self.remember:
            self.calls.append((method, time.monotonic()))
        if self.pause:
            time.sleep(self.pause)
        answer = {"ok": True, "ts": "%.6f" % time.time(), "channel": {"id": "C%x" % (time.time_ns() & 0xffffff), "name": "inc"},
                  "user_id": "U0BOT", "bot_id": "B1", "team_id": "T1", "messages": [], "channels": []}
        if method.startswith("chat."):
            answer["channel"] = "C1"
        body = b"{}" if self.refuses else json.dumps(answer).encode()
        self.send_response(503 if self.refuses else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *args):
        pass


def start_sink(**settings):
    """(port, the handler's class): every sink has a class of its own, for its settings and what it remembers."""
    kind = type("Sink", (SlackSink,), {"calls": [], **settings})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port, kind


def wait_ready(url, seconds=30, headers=None):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=1) as r:
                if r.status == 200:
                    return True
        except OSError:
            time.sleep(0.003)
    return False


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Muster:
    """One server with its own folder; use as a context manager."""

    def __init__(self, sink_port, wait="5m"):
        self.folder = tempfile.mkdtemp(prefix="muster-bench-")
        self.port, self.page_port = free_port(), free_port()
        self.process, self.verified = None, ""
        with open(f"{self.folder}/muster.yaml", "w") as f:
            f.write(f"""server: {{listen: "127.0.0.1:{self.port}", public_url: "http://127.0.0.1:{self.port}"}}
store: {{url: "sqlite:{self.folder}/muster.db"}}
api: {{tokens: [{{name: bench, token: "{TOKEN}", scopes: [read, respond, publish, admin]}}]}}
slack: {{bot_token: "xoxb-benchmark-bot-token", signing_secret: "{SECRET}", api_url: "http://127.0.0.1:{sink_port}/api/", announce_channel: C0}}
people: [{{id: alice, name: Alice, slack: U01}}]
paging: {{secret: "benchmark-paging-secret", policy: [{{notify: [alice], wait: {wait}}}, {{notify: [alice], wait: {wait}}}]}}
alerts: [{{kind: alertmanager, key: "{ALERT_KEY}", severity: {{label: severity, map: {{critical: sev1}}}}}}]
status_pages: [{{kind: builtin, name: public, listen: "127.0.0.1:{self.page_port}", title: Example, components: [{{id: api, name: API}}, {{id: web, name: Website}}]}}]
log: {{level: error}}
""")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *args):
        self.stop()
        self.verified = self.verify()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        begin = time.monotonic()
        with open(f"{self.folder}/log", "a") as log:
            self.process = subprocess.Popen([BINARY, "serve", "--config", f"{self.folder}/muster.yaml"], stdout=subprocess.DEVNULL, stderr=log)
        if not wait_ready(f"http://127.0.0.1:{self.port}/readyz"):
            with open(f"{self.folder}/log") as log:
                sys.exit("bench: Muster did not get ready: " + log.read()[-2000:])
        return time.monotonic() - begin

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def verify(self):
        done = subprocess.run([BINARY, "verify", "--config", f"{self.folder}/muster.yaml"], capture_output=True, text=True)
        return "clean" if done.returncode == 0 else (done.stdout + done.stderr)[:500]

    def get(self, path, timeout=60):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {TOKEN}"})
        return urllib.request.urlopen(request, timeout=timeout)

    def command(self, text):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/commands", json.dumps({"text": text}).encode(),
                                         {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as r:
            return json.load(r)

    def declare(self, count):
        """So many open incidents, made as fast as they go."""
        result = self.load(mode="api", secret=TOKEN, verb="declare", count=count, seconds=600, warmup=0, connections=min(64, count))
        if result["requests"] < count:
            sys.exit(f"bench: only {result['requests']} of {count} incidents were declared")

    def last_seq(self, incident=1):
        with self.get(f"/api/v1/incidents/INC-{incident}") as r:
            return json.load(r)["incident"]["last_seq"]

    def load(self, **options):
        options.setdefault("secret", {"api": TOKEN}.get(options.get("mode"), SECRET))
        if options.get("mode") == "alert":
            options.setdefault("path", f"/hooks/alertmanager/{ALERT_KEY}")
        return load(self.port, **options)


class Bolt:
    """The peer: a bare Bolt app that verifies the signature and acknowledges, storing nothing."""

    def __init__(self, folder):
        self.port = free_port()
        self.process = subprocess.Popen(["node", "app.js"], cwd=folder, env={**os.environ, "SECRET": SECRET, "PORT": str(self.port)},
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("bench: the Bolt peer did not start")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        self.process.wait()

    def load(self, connections, seconds):
        return load(self.port, path="/slack/events", verb="note", seconds=seconds, connections=connections)


class Nginx:
    """The peer of the status page: the same bytes as a file."""

    def __init__(self, page):
        self.folder = tempfile.mkdtemp(prefix="nginx-bench-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        with open(f"{self.folder}/index.html", "wb") as f:
            f.write(page)
        temp = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{self.folder}/nginx.conf", "w") as f:
            f.write(f"""worker_processes 1; daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ text/html html; }} {temp}
  server {{ listen 127.0.0.1:{self.port}; root {self.folder}; }} }}
""")
        self.process = subprocess.Popen(["nginx", "-c", f"{self.folder}/nginx.conf", "-p", self.folder], stderr=subprocess.DEVNULL)
        if not wait_ready(f"http://127.0.0.1:{self.port}/"):
            sys.exit("bench: nginx did not start")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def load(port, **options):
    """Runs the load generator; its JSON. Options as its own: verb, rate, seconds, connections, …"""
    args = [LOAD, "--port", str(port)]
    for name, value in options.items():
        args += ["--" + name, str(value)]
    out = subprocess.run(args, capture_output=True, text=True)
    if not out.stdout:
        sys.exit(f"bench: the load generator said: {out.stderr}")
    result = json.loads(out.stdout)
    result["said"] = out.stderr.strip()[:300]
    return result


def wrk(port, seconds, path="/"):
    out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout
    for line in out.splitlines():
        if "Requests/sec" in line:
            return float(line.split()[1])
    sys.exit("bench: wrk said: " + out)


def first_load_bytes(base):
    """What a reader without a cache receives for the page and everything it loads, compressed as the server chooses."""
    def fetch(path):
        with urllib.request.urlopen(urllib.request.Request(base + path, headers={"Accept-Encoding": "gzip"}), timeout=5) as r:
            raw = r.read()
            return len(raw), gzip.decompress(raw) if r.headers.get("Content-Encoding") == "gzip" else raw
    total, page = fetch("/")
    for piece in page.decode().split('"')[1::2]:
        if piece.startswith("/") and piece.rsplit(".", 1)[-1].split("?")[0] in ("css", "js", "svg", "woff2", "png", "ico"):
            total += fetch(piece)[0]
    return total
