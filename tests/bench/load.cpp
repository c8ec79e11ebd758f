// Load generator for signed Slack slash commands over keep-alive connections on loopback.
// Closed loop (rate 0): each connection sends its next request when the last was answered.
// Open loop (rate > 0): requests have due times; latency counts from the due time, so a stall is charged to everything it delayed.
// Prints one JSON object. A tool, not part of the product: it may read clocks.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string host = "127.0.0.1", path = "/slack/commands", secret = "benchmark-signing-secret", verb = "note";
  int port = 8080, connections = 64, incidents = 8;
  double seconds = 5, warmup = 1, rate = 0;
};

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i], value = argv[i + 1];
    if (key == "--port") o.port = std::stoi(value);
    else if (key == "--path") o.path = value;
    else if (key == "--secret") o.secret = value;
    else if (key == "--verb") o.verb = value;
    else if (key == "--connections") o.connections = std::stoi(value);
    else if (key == "--incidents") o.incidents = std::stoi(value);
    else if (key == "--seconds") o.seconds = std::stod(value);
    else if (key == "--warmup") o.warmup = std::stod(value);
    else if (key == "--rate") o.rate = std::stod(value);
    else { std::fprintf(stderr, "load: unknown option %s\n", key.c_str()); std::exit(2); }
  }
  return o;
}

struct Connection {
  int fd = -1;
  std::string out;          // not yet written
  std::string in;           // not yet understood
  bool busy = false;
  Clock::time_point due{};
};

class Load {
 public:
  explicit Load(Options o) : o_(std::move(o)), run_(std::to_string(std::chrono::system_clock::now().time_since_epoch().count())) {}

  int run() {
    epoll_ = epoll_create1(0);
    for (int i = 0; i < o_.connections; ++i) {
      connections_.push_back({});
      if (!open(connections_.back(), i)) return std::perror("load: connect"), 1;
    }
    const auto begin = Clock::now();
    measure_from_ = begin + std::chrono::microseconds(static_cast<std::int64_t>(o_.warmup * 1e6));
    const auto end = measure_from_ + std::chrono::microseconds(static_cast<std::int64_t>(o_.seconds * 1e6));
    next_due_ = begin;
    if (o_.rate <= 0)
      for (auto& c : connections_) start(c, Clock::now());
    epoll_event events[256];
    while (Clock::now() < end) {
      if (o_.rate > 0) release(end);
      const int n = epoll_wait(epoll_, events, 256, o_.rate > 0 ? 0 : 10);
      for (int i = 0; i < n; ++i) handle(connections_[events[i].data.u32]);
    }
    report(std::chrono::duration<double>(Clock::now() - measure_from_).count());
    return errors_ == 0 ? 0 : 1;
  }

 private:
  bool open(Connection& c, int index) {
    c.fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(o_.port));
    inet_pton(AF_INET, o_.host.c_str(), &to.sin_addr);
    if (connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return false;
    const int one = 1;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u32 = static_cast<std::uint32_t>(index);
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &e) == 0;
  }

  std::string text() {
    const auto n = ++count_;
    const auto incident = "INC-" + std::to_string(1 + n % static_cast<std::uint64_t>(o_.incidents));
    // Each incident moves through all four severities in turn, so that every command is a change.
    if (o_.verb == "severity") return incident + "+severity+sev" + std::to_string(1 + (n / static_cast<std::uint64_t>(o_.incidents)) % 4);
    return incident + "+note+load+" + std::to_string(n);
  }

  std::string request() {
    const std::string what = text();
    const std::string body = "token=x&team_id=T1&team_domain=t&channel_id=C0OTHER&channel_name=x&user_id=U01&user_name=alice&command=%2Fincident&text=" + what +
                             "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1&api_app_id=A1&trigger_id=" + run_ + "." + std::to_string(count_);
    const std::string ts = std::to_string(std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1));
    const std::string base = "v0:" + ts + ":" + body;
    unsigned char mac[32];
    unsigned n = 0;
    HMAC(EVP_sha256(), o_.secret.data(), static_cast<int>(o_.secret.size()), reinterpret_cast<const unsigned char*>(base.data()), base.size(), mac, &n);
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    for (unsigned char b : mac) {
      hex += digits[b >> 4];
      hex += digits[b & 15];
    }
    return "POST " + o_.path + " HTTP/1.1\r\nHost: " + o_.host + ":" + std::to_string(o_.port) +
           "\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: " + ts + "\r\nX-Slack-Signature: v0=" + hex +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void start(Connection& c, Clock::time_point due) {
    c.busy = true;
    c.due = due;
    c.out = request();
    flush(c);
  }

  void flush(Connection& c) {
    while (!c.out.empty()) {
      const auto n = send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) {
        if (errno == EAGAIN) return;
        std::perror("load: send");
        std::exit(1);
      }
      c.out.erase(0, static_cast<std::size_t>(n));
    }
  }

  void release(Clock::time_point end) {
    const auto step = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / o_.rate));
    const auto now = Clock::now();
    while (next_due_ <= now && next_due_ < end) {
      waiting_.push_back(next_due_);
      next_due_ += step;
    }
    for (auto& c : connections_) {
      if (waiting_.empty()) return;
      if (c.busy) continue;
      start(c, waiting_.front());
      waiting_.pop_front();
    }
  }

  void handle(Connection& c) {
    char buffer[16384];
    const auto n = recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n == 0) { std::fprintf(stderr, "load: the server closed a connection\n"); std::exit(1); }
    if (n < 0) return;
    c.in.append(buffer, static_cast<std::size_t>(n));
    const auto head = c.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    std::size_t length = 0;
    std::string lower = c.in.substr(0, head);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char ch) { return std::tolower(ch); });
    if (const auto at = lower.find("content-length:"); at != std::string::npos) length = std::strtoul(lower.c_str() + at + 15, nullptr, 10);
    if (lower.find("transfer-encoding: chunked") != std::string::npos) {  // Bolt answers so
      const auto last = c.in.find("0\r\n\r\n", head + 4);
      if (last == std::string::npos) return;
      length = last + 5 - (head + 4);
    }
    if (c.in.size() < head + 4 + length) return;
    finish(c, std::atoi(c.in.c_str() + 9), c.in.substr(head + 4, length));
    c.in.erase(0, head + 4 + length);
    if (o_.rate <= 0) start(c, Clock::now());
  }

  void finish(Connection& c, int status, const std::string& body) {
    c.busy = false;
    const auto now = Clock::now();
    // Slack is answered 200 even for "not recorded": only an answer without that sentence counts.
    const bool good = status == 200 && body.find("Not recorded") == std::string::npos && body.find("not yet recorded") == std::string::npos;
    if (!good) {
      if (errors_++ == 0) std::fprintf(stderr, "load: first refusal: %d %s\n", status, body.substr(0, 300).c_str());
      return;
    }
    if (c.due >= measure_from_) latencies_.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now - c.due).count());
  }

  void report(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    auto at = [this](double q) { return latencies_.empty() ? 0.0 : latencies_[static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1))] / 1000.0; };
    std::printf("{\"verb\":\"%s\",\"rate\":%.0f,\"requests\":%zu,\"errors\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
                o_.verb.c_str(), o_.rate, latencies_.size(), static_cast<unsigned long long>(errors_), seconds, static_cast<double>(latencies_.size()) / seconds,
                at(0.5), at(0.99), at(1));
  }

  Options o_;
  std::string run_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<Clock::time_point> waiting_;
  Clock::time_point measure_from_, next_due_;
  std::uint64_t count_ = 0, errors_ = 0;
  std::vector<std::int64_t> latencies_;
};

}  // namespace

int main(int argc, char** argv) { return Load(parse(argc, argv)).run(); }
