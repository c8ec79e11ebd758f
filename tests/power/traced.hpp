// The real server under strace, so that one of its system calls fails or kills it.
// Place: syscalls_test. Threads: one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/muster_process.hpp"

namespace power {

/// One place where something goes wrong: the n-th such call of any thread.
struct Point {
  std::string call;   ///< "pwrite64"
  int nth = 1;
  std::string harm;   ///< "signal=KILL", "error=ENOSPC", "error=EIO"; a "+" behind it: that call and all after it, as a full disk does
  bool fresh = false; ///< with no database yet, else with one that a killed server left
  std::string file = {};  ///< only calls about this file count; empty: all
  bool stopped = false;   ///< ends as it should, else by kill -9
  std::string words() const { return harm + " at " + call + " " + std::to_string(nth) + (fresh ? " of the first start" : ""); }
};

/// Why strace cannot be used here; nullopt: it can.
std::optional<std::string> no_strace();
/// Words to put before the server's.
std::vector<std::string> tracer(const Point& point);
std::vector<std::string> counting_tracer(const std::vector<std::string>& calls, const std::string& out);
/// The most calls of each name that any one thread made, from a counting tracer's output.
std::map<std::string, int> most_calls(const std::string& out);

struct Tried { std::string key, text, body; int status = 0; };

/// What a few clients ask while it happens, and what they were told.
class Workload {
 public:
  explicit Workload(support::MusterProcess& muster) : muster_(muster) {}
  /// Before the harm: an incident and a few notes, without a tracer; ends with kill -9 so that the log is not empty.
  void prepare();
  /// Asks until everything was answered or the server is gone; `patience`: seconds to wait for its upkeep afterwards.
  void run(double patience);
  /// After a restart without harm: what was promised against what is there. Faults in words.
  std::vector<std::string> check();
  const std::vector<Tried>& tried() const { return tried_; }
  int count(int status) const;

 private:
  Tried& ask(const std::string& key, const std::string& command, const std::string& text);
  std::map<std::string, int> notes(bool& readable);
  support::MusterProcess& muster_;
  std::vector<Tried> tried_;
  std::vector<std::string> faults_;
  std::map<std::string, std::string> commands_;  ///< key → command
};

}  // namespace power
