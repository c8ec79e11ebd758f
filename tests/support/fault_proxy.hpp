// A proxy on loopback between Muster and a fake vendor, with every bad day of the wire between them: silence, resets, lies about length,
// malformed chunks, floods, wrong certificates. It keeps whole requests and answers and passes them on as the fault says.
// Place: tests only. Threads: one per connection; every function from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bot/env.hpp"

namespace support {

struct Fault {
  enum class Kind {
    none,           ///< passes everything on
    delay,          ///< the answer comes after `delay`
    drop,           ///< closes every connection at once, before a byte
    close_after,    ///< reads the request, then closes
    reset_after,    ///< `n` bytes of the answer, then a reset
    black_hole,     ///< reads and says nothing, for ever
    half_close,     ///< ends its own direction and goes on reading, for ever
    drip,           ///< the answer byte by byte, `delay` between
    wrong_length,   ///< the answer with its Content-Length changed by `shift`
    before,         ///< `head` and then the answer
    say,            ///< `head` instead of the answer, then `piece` `n` times, then silence
  };
  Kind kind = Kind::none;
  bool works = false;     ///< the vendor gets the request and does the work; only its answer is spoiled
  std::size_t n = 0;
  int shift = 0;
  bot::Millis delay{0};
  std::string head = {}, piece = {};
  bool harmless = false;  ///< a good client can still take the answer
  std::string only = {};  ///< meets only requests whose first line holds this; not for drop
  int times = -1;         ///< so many requests meet it (connections, for drop), the others pass; -1: all
};

struct NamedFault { std::string name; Fault fault; };
/// The whole catalogue. `elsewhere`: an absolute URL that redirects name and nobody may follow.
std::vector<NamedFault> all_faults(const std::string& elsewhere);
/// One or two of each family, for tests in which every fault costs seconds; all with MUSTER_ALL_FAULTS in the environment.
std::vector<NamedFault> typical_faults(const std::string& elsewhere);

/// The proxy's own certificate (PEM files). Empty: plain HTTP.
struct ProxyTls { std::string certificate, key; };

class FaultProxy {
 public:
  explicit FaultProxy(int vendor_port = 0, ProxyTls tls = {});
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;

  void lead_to(int vendor_port) { vendor_ = vendor_port; }
  int port() const { return port_; }
  /// "http(s)://127.0.0.1:<port>" and `path`.
  std::string url(const std::string& path) const;

  void fault(Fault fault);
  void heal() { fault({}); }
  /// Requests read since the last fault() or heal(), and how often the fault was met since.
  int requests() const { return requests_; }
  int met() const { return met_; }
  int connections() const { return connections_; }
  /// TLS handshakes that came about.
  int handshakes() const { return handshakes_; }
  bool wait_until_met(int n = 1, double seconds = 20);

 private:
  class Wire;
  void accept_all();
  void serve(int fd);
  bool answer(Wire& wire, const std::string& request, const Fault& fault);
  bool flood(Wire& wire, const Fault& fault);
  bool drip(Wire& wire, const std::string& bytes, const Fault& fault);
  std::string ask_vendor(const std::string& request);
  bool pause(bot::Millis time);  ///< false: the fault is over
  /// `request`: null while a connection is made.
  Fault next_fault(const std::string* request);

  ProxyTls tls_;
  void* context_ = nullptr;  ///< SSL_CTX
  std::atomic<int> vendor_, requests_{0}, met_{0}, connections_{0}, handshakes_{0};
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  Fault fault_;
  int era_ = 0;  ///< counts fault() calls; what an older era began, ends
  bool stopping_ = false;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace support
