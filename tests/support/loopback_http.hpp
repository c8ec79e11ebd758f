// A small HTTP/1.1 server on raw sockets for the fakes of vendors: it can answer late, half or never, which a well-behaved server cannot.
// Place: tests only. Threads: one per connection; `answer` may be called by several at a time and must lock.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bot/env.hpp"

namespace support {

struct WireRequest {
  std::string method, target, body;
  std::map<std::string, std::string> headers;  ///< names lower-case
};

struct WireAnswer {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bot::Millis delay{0};      ///< before the first byte; ends early when the server stops
  bool hang = false;         ///< never answers
  bool close_before = false; ///< closes without a byte
  bool close_midway = false; ///< closes after half of the body
};

class LoopbackHttp {
 public:
  using Handler = std::function<WireAnswer(const WireRequest&)>;
  /// `port` 0: any free one.
  explicit LoopbackHttp(Handler handler, int port = 0);
  ~LoopbackHttp();
  LoopbackHttp(const LoopbackHttp&) = delete;
  int port() const { return port_; }
  /// Closes every connection and waits for the threads. The port refuses afterwards.
  void stop();

 private:
  void accept_all();
  void serve(int fd);
  bool answer(int fd, const WireAnswer& reply);
  void forget(int fd);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A port where nobody listens: connections are refused, and nobody else can get the port meanwhile (a connection to it from itself, say).
class HeldPort {
 public:
  explicit HeldPort(int port);
  ~HeldPort();
  HeldPort(const HeldPort&) = delete;

 private:
  int fd_ = -1;
};

/// A port behind which everything has vanished: connection attempts get no answer at all, neither yes nor no.
class BlackHole {
 public:
  explicit BlackHole(int port);
  ~BlackHole();
  BlackHole(const BlackHole&) = delete;

 private:
  int listener_ = -1;
  std::vector<int> filling_;
};

}  // namespace support
