// One history on one disk: the real Coordinator, commands, Dispatcher and Timers over the real store, ended again and again by power cuts
// and kills, with the promises compared after every restart.
// Place: cuts_test. Threads: one. Errors: collected in `faults`, in words.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/power/ledger.hpp"
#include "tests/power/power_disk.hpp"
#include "tests/support/fake_env.hpp"

namespace power {

struct Counts {
  std::int64_t cuts = 0, kills = 0, commits = 0, in_doubt = 0, in_doubt_kept = 0, while_opening = 0, checkpoints = 0, sends = 0;
};

class History {
 public:
  History(std::uint64_t seed, const std::filesystem::path& folder, Syncs syncs = Syncs::honest);
  ~History();
  /// Works until the power goes (or the process is killed), starts again and compares. False once a promise was found broken.
  bool round();
  /// Works for a while without any harm and stops cleanly; answers the database file's bytes.
  std::string fill(int steps);
  const std::set<std::string>& keys() const { return keys_; }
  const std::vector<std::string>& faults() const { return faults_; }
  const Counts& counts() const { return counts_; }

 private:
  struct Process;
  bool start();
  void work();
  void power_fails();
  void step();
  void ask(const std::string& text, const std::string& key);
  void ask_again();
  void alert();
  void large();
  void credential();
  void compare();
  void fault(std::string words) { faults_.push_back(std::move(words)); }
  std::uint64_t draw(std::uint64_t below) { return env_.random.next() % below; }
  std::string word(const std::string& what) { return what + std::to_string(++words_); }

  const std::string file_;
  support::FakeEnv env_;
  PowerDisk disk_;
  bot::Settings settings_;
  std::unique_ptr<bot::Commands> commands_;
  State said_;
  Unanswered unanswered_;
  std::unique_ptr<Process> process_;
  std::map<std::string, bot::Request> asking_;  ///< not answered for certain yet, by key
  std::set<std::string> keys_;                  ///< every key that was ever used
  int boots_ = 0, words_ = 0;
  std::int64_t incidents_ = 0;
  Counts counts_;
  std::vector<std::string> faults_;
};

}  // namespace power
