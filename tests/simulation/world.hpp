// Everything outside the process that may die: time, the disk, the vendors, the people who ask, and what they were told.
// Place: lives as long as one run; each boot of the program under test is a Process on top of it.
#pragma once

#include <functional>
#include <set>

#include "bot/coordinator.hpp"
#include "tests/simulation/steps.hpp"
#include "tests/simulation/vendors.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

namespace sim {

enum class CrashPoint { before_commit, after_commit, after_lease, before_send, after_send, during_look };
constexpr std::uint32_t kCrashPoints = 6;
const char* crash_point_name(std::uint32_t which);
const char* commit_failure_name(std::uint32_t which);

/// Thrown where the process dies; nobody inside it catches it.
struct Died {};

/// The first promise found broken.
struct Violation {
  std::string promise;  ///< "I1", "I4", "fold", …
  std::string words;
};

/// One thing somebody asked, however often they sent it.
struct Asked {
  struct Attempt {
    std::string last_before;  ///< newest decision on this request when it was sent
    std::string decided;      ///< the decision this answer came from; "" when refused, or when its words were redacted
    std::string newest;       ///< newest decision on this request when it was answered
    std::optional<bot::Reply> reply;
  };
  int step = 0;
  bot::Request request;
  std::string token;       ///< a word only this request holds; "" when it has no free text
  bool query = false;
  std::vector<Attempt> attempts;
};

/// What a decision meant to record, by its tag: the trace fact each of its entries carries.
struct Decided {
  std::string request;  ///< first dedup key, or "out:<message>"
  std::int64_t incident = 0;
  std::size_t entries = 0;
  int times_forgotten = 0;  ///< how often its request's key had been purged before
  bot::Time at{};           ///< by the wall clock
};

struct Committed {
  std::string lane;
  std::size_t place = 0;  ///< in its lane
};

inline constexpr const char* kTraceFact = "sim";
std::string short_id(const std::string& id);

class World {
 public:
  explicit World(std::uint64_t seed);

  // ---- the outside ----
  support::FakeEnv env;
  support::FakeStore disk;
  bot::Settings settings;
  std::vector<std::unique_ptr<SimVendor>> vendors;
  SimVendor& vendor(const std::string& name);
  std::map<std::int64_t, std::string> rooms;  ///< incident → room id as the chat knows it

  // ---- what was asked, decided, committed, sent ----
  std::vector<std::unique_ptr<Asked>> asked;
  std::map<std::string, Decided> decided;             ///< by tag
  std::map<std::string, std::string> newest_decision; ///< request → tag
  std::map<std::string, int> decisions;               ///< request → how many
  std::map<std::string, Committed> committed;         ///< by message id, as first handed to the store
  std::map<std::string, std::vector<std::string>> lanes;
  std::map<std::string, std::size_t> first_sends;     ///< lane → place of the newest first send
  std::set<std::string> resend_chosen;                ///< messages a person chose to send again, and which did not go out yet
  std::set<std::string> redacted_tokens;
  std::set<std::string> owed;                         ///< messages of commits that were said to be done
  std::set<std::string> purged;                       ///< messages that are over for long and were dropped
  std::map<std::string, int> forgotten;               ///< request → how often its key was dropped: from then on it is a new request
  void sent(const std::string& vendor_name, const bot::Message& message);

  // ---- bad luck ----
  void arm(std::uint32_t where, std::uint32_t passing);
  /// Dies here when it was armed for here.
  void point(CrashPoint where);
  void disarm() { armed_ = false; }
  void fail_commits(std::uint32_t how, std::uint32_t times);
  /// Called before each commit: hands the next failure to the disk.
  void before_commit();
  /// Reads, leases and moves: the next few answer that the disk does not.
  void fail_store(std::uint32_t times) { failing_calls_ = times; }
  bool store_fails() { return failing_calls_ > 0 && failing_calls_-- > 0; }
  std::function<void(bot::Millis)> meanwhile;  ///< other things happen while a send is slow
  bool jumped = false;   ///< the wall clock was set: appointments (reminders) mean another moment now
  std::map<std::string, bot::Millis> timer_due;  ///< when each escalation is due by the clock that never jumps
  std::set<std::string> moved_unknown;            ///< messages that were owed while the clock was set and nobody could notice: the process was down
  /// A process starts over a clock that was set since anybody looked. What is owed means another moment now, and nobody can know.
  void clock_set_unseen();
  int boots = 0;
  bool fatal = false;    ///< the program asked to be ended
  bool resting = false;  ///< the history is over; reminders, which would go on for ever, are not looked at any more

  // ---- the verdict ----
  std::optional<Violation> violation;
  void broken(const std::string& promise, const std::string& words);
  bool telling = false;
  std::vector<std::string> story;
  void tell(std::string line) { if (telling) story.push_back(std::move(line)); }

 private:
  bool armed_ = false;
  CrashPoint where_ = CrashPoint::before_commit;
  std::uint32_t passings_ = 0;
  std::uint32_t failing_commits_ = 0, failure_ = 0, failing_calls_ = 0;
};

// ---- verbs a person of the simulation knows ----
constexpr std::uint32_t kVerbs = 48;
constexpr std::uint32_t kDeclare = 0, kClaimCommand = 1, kFirstByHand = 42, kAway = 46, kMirror = 47;
/// The request of a `say` step, made from what the world knows now.
bot::Request request_of(const Step& step, World& world, std::string& token);
bot::Request alert_of(const Step& step, World& world);

}  // namespace sim
