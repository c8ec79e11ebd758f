// Load generator over keep-alive connections on loopback: signed Slack commands, API commands or Alertmanager webhooks.
// Closed loop (rate 0): each connection sends its next request when the last was answered.
// Open loop (rate > 0): requests have due times, and latency counts from the due time, so a stall is charged to everything it delayed; what
// was due and not answered at the end is charged too. With --from sent it counts from sending, and what was due while every connection waited
// is counted as not offered: for offering more than can be taken.
// Prints one JSON object. A tool, not part of the product: it may read clocks.
#include <sys/epoll.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>

#include "tests/bench/load_wire.hpp"

namespace {

using load::Clock;
using load::Connection;
using load::Options;

Options parse(int argc, char** argv) {
  Options o;
  std::map<std::string, std::string*> texts{{"--host", &o.host}, {"--path", &o.path}, {"--secret", &o.secret}, {"--verb", &o.verb}, {"--mode", &o.mode}, {"--from", &o.from}};
  std::map<std::string, int*> numbers{{"--port", &o.port}, {"--connections", &o.connections}, {"--incidents", &o.incidents}, {"--count", &o.count}};
  std::map<std::string, double*> reals{{"--seconds", &o.seconds}, {"--warmup", &o.warmup}, {"--rate", &o.rate}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i], value = argv[i + 1];
    if (texts.count(key)) *texts[key] = value;
    else if (numbers.count(key)) *numbers[key] = std::stoi(value);
    else if (reals.count(key)) *reals[key] = std::stod(value);
    else { std::fprintf(stderr, "load: unknown option %s\n", key.c_str()); std::exit(2); }
  }
  return o;
}

/// Latencies in milliseconds, as JSON members "<name>p50_ms" and so on.
class Latencies {
 public:
  void add(Clock::duration d) { all_.push_back(std::chrono::duration<double, std::milli>(d).count()); }
  std::size_t size() const { return all_.size(); }
  void print(const char* name) {
    std::sort(all_.begin(), all_.end());
    const auto at = [this](double q) { return all_.empty() ? 0.0 : all_[static_cast<std::size_t>(q * static_cast<double>(all_.size() - 1))]; };
    std::printf(",\"%sp50_ms\":%.3f,\"%sp90_ms\":%.3f,\"%sp99_ms\":%.3f,\"%sp999_ms\":%.3f,\"%smax_ms\":%.3f", name, at(0.5), name, at(0.9), name, at(0.99), name, at(0.999), name, at(1));
  }

 private:
  std::vector<double> all_;
};

class Load {
 public:
  explicit Load(Options o) : o_(std::move(o)), words_(o_), from_sent_(o_.from == "sent") {}

  int run() {
    epoll_ = epoll_create1(0);
    connections_.resize(static_cast<std::size_t>(o_.connections));
    for (std::size_t i = 0; i < connections_.size(); ++i)
      if (!open(i)) return std::perror("load: connect"), 1;
      else if (o_.rate > 0) free_.push_back(i);
    const auto begin = Clock::now();
    measure_from_ = begin + std::chrono::microseconds(static_cast<std::int64_t>(o_.warmup * 1e6));
    const auto end = measure_from_ + std::chrono::microseconds(static_cast<std::int64_t>(o_.seconds * 1e6));
    next_due_ = begin;
    if (o_.rate <= 0)
      for (std::size_t i = 0; i < connections_.size(); ++i) begin_next(i);
    epoll_event events[256];
    while (Clock::now() < end && !all_done()) {
      if (o_.rate > 0) release(end);
      const int n = wait(events);
      for (int i = 0; i < n; ++i) handle(events[i].data.u32, events[i].events);
    }
    report(std::chrono::duration<double>(Clock::now() - measure_from_).count());
    return refused_.size() + lost_ == 0 ? 0 : 1;
  }

 private:
  /// Sleeps until an answer or the next due time, and does not spin: the server under test shares the cores.
  int wait(epoll_event (&events)[256]) const {
    auto most = std::chrono::nanoseconds(10'000'000);
    if (o_.rate > 0) most = std::clamp(std::chrono::nanoseconds(next_due_ - Clock::now()), std::chrono::nanoseconds(0), most);
    const timespec until{0, static_cast<long>(most.count())};
    return epoll_pwait2(epoll_, events, 256, &until, nullptr);
  }

  bool all_done() const { return o_.count > 0 && answered_ >= static_cast<std::uint64_t>(o_.count); }

  bool open(std::size_t i) {
    Connection& c = connections_[i];
    if (!c.open(o_)) return false;
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u32 = static_cast<std::uint32_t>(i);
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &e) == 0;
  }

  void send_on(std::size_t i, Clock::time_point due) {
    Connection& c = connections_[i];
    c.busy = true;
    c.due = due;
    c.out = words_.next();
    if (!flush(i)) lose(i);
  }

  void begin_next(std::size_t i) {
    if (o_.count > 0 && words_.made() >= static_cast<std::uint64_t>(o_.count)) return;
    send_on(i, Clock::now());
  }

  bool flush(std::size_t i) {
    Connection& c = connections_[i];
    const bool all = c.flush();
    if (!all && errno != EAGAIN) return false;
    if (c.waits_to_write == all) {
      epoll_event e{};
      e.events = all ? EPOLLIN : EPOLLIN | EPOLLOUT;
      e.data.u32 = static_cast<std::uint32_t>(i);
      epoll_ctl(epoll_, EPOLL_CTL_MOD, c.fd, &e);
      c.waits_to_write = !all;
    }
    return true;
  }

  /// The server closed it: opened again, and counted when a request was on it. One that nobody used for long is the server's to close.
  void lose(std::size_t i) {
    const bool used = connections_[i].busy;
    if (used) ++lost_;
    connections_[i].close();
    if (!open(i)) { std::perror("load: connect again"); std::exit(1); }
    if (o_.rate <= 0) begin_next(i);
    else if (used) free_.push_back(i);
  }

  void release(Clock::time_point end) {
    const auto step = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / o_.rate));
    const auto now = Clock::now();
    for (; next_due_ <= now && next_due_ < end; next_due_ += step) waiting_.push_back(next_due_);
    while (!waiting_.empty() && !free_.empty()) {
      const std::size_t i = free_.front();  // all in turn: a connection that rests for long is closed by the server
      free_.pop_front();
      send_on(i, from_sent_ ? Clock::now() : waiting_.front());
      waiting_.pop_front();
    }
    if (from_sent_) {
      not_offered_ += waiting_.size();
      waiting_.clear();
    }
  }

  void handle(std::size_t i, std::uint32_t events) {
    Connection& c = connections_[i];
    if ((events & EPOLLOUT) != 0 && !flush(i)) return lose(i);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    if (!c.receive()) return lose(i);
    int status = 0;
    std::string body;
    if (!c.take_answer(status, body)) return;
    finish(c, status, body);
    if (o_.rate > 0) free_.push_back(i);
    else begin_next(i);
  }

  void finish(Connection& c, int status, const std::string& body) {
    c.busy = false;
    ++answered_;
    ++statuses_[status];
    // Slack is answered 200 even for "not recorded": only an answer without that sentence counts.
    const bool good = status == 200 && body.find("ot recorded") == std::string::npos && body.find("not yet recorded") == std::string::npos;
    if (!good && refused_.size() == 0) std::fprintf(stderr, "load: first refusal: %d %s\n", status, body.substr(0, 300).c_str());
    if (c.due >= measure_from_) (good ? taken_ : refused_).add(Clock::now() - c.due);
  }

  void report(double seconds) {
    const auto now = Clock::now();
    const auto taken = taken_.size();
    std::size_t unanswered = 0;
    const auto charge = [&](Clock::time_point due) {
      if (due < measure_from_ || o_.rate <= 0) return;
      ++unanswered;
      taken_.add(now - due);
    };
    for (const auto& due : waiting_) charge(due);
    for (const auto& c : connections_)
      if (c.busy) charge(c.due);
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    std::printf("{\"verb\":\"%s\",\"rate\":%.0f,\"requests\":%zu,\"errors\":%zu,\"lost\":%llu,\"unanswered\":%zu,\"not_offered\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,\"cpu_s\":%.2f",
                o_.verb.c_str(), o_.rate, taken, refused_.size(), static_cast<unsigned long long>(lost_), unanswered, static_cast<unsigned long long>(not_offered_), seconds,
                static_cast<double>(taken) / seconds, cpu);
    taken_.print("");
    refused_.print("refused_");
    std::printf(",\"statuses\":{");
    const char* comma = "";
    for (const auto& [status, n] : statuses_) std::printf("%s\"%d\":%llu", std::exchange(comma, ","), status, static_cast<unsigned long long>(n));
    std::printf("}}\n");
  }

  Options o_;
  load::Words words_;
  bool from_sent_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<std::size_t> free_;
  std::deque<Clock::time_point> waiting_;
  Clock::time_point measure_from_, next_due_;
  std::uint64_t answered_ = 0, lost_ = 0, not_offered_ = 0;
  std::map<int, std::uint64_t> statuses_;
  Latencies taken_, refused_;
};

}  // namespace

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  return Load(parse(argc, argv)).run();
}
