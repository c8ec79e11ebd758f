// Atlassian Statuspage's REST v1 on loopback, as far as public incidents need it, with the vendor's checks and the vendor's bad days.
// Place: relay tests and scenarios. Threads: any.
// The checks are the specification's: auth header, content type, states, lengths, known component ids, metadata whose values are objects.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bot/env.hpp"
#include "tests/support/loopback_http.hpp"

namespace support {

struct StatuspageFault {
  enum class Kind {
    slow,              ///< does the work, answers after `delay`
    refuse,            ///< answers `status` without doing the work
    hang,              ///< neither works nor answers
    close_before_work, ///< reads the request and closes
    close_mid_answer,  ///< does the work, closes after half of the answer
    fail_after_work,   ///< does the work, answers `status`
    hang_after_work,   ///< does the work, never answers
    garble,            ///< does the work, answers 201/200 with something that is no JSON
  };
  enum class On { everything, writes, reads };
  Kind kind = Kind::refuse;
  On on = On::everything;
  int status = 500;
  bot::Millis delay{3000};
  std::string retry_after;  ///< header value; "" = none
  std::string body;         ///< of a refusal; "" = the vendor's usual words
};

struct StatuspageOptions {
  std::string page_id = "abc";
  std::string api_key = "statuspage-test-key";
  std::vector<std::string> components{"8kbf7d35c070", "vtnh60py4yd7"};
  const bot::Clock* clock = nullptr;  ///< created_at comes from it; nullptr: the system's
};

class FakeStatuspage {
 public:
  struct Update { std::string id, status, body; bot::Time created{}; };
  struct Incident {
    std::string id, name, status, impact = "none", shortlink;
    std::map<std::string, std::string> components;  ///< states this incident set last
    std::vector<std::string> component_ids;
    std::string mark_incident, mark_op;             ///< metadata.muster
    bool deliver_notifications = false;
    bot::Time created{};
    std::vector<Update> updates;                    ///< oldest first
  };
  struct Call { std::string method, target, body, authorization, content_type; int status = 0; };

  using Options = StatuspageOptions;

  explicit FakeStatuspage(Options options = {});
  ~FakeStatuspage();

  std::string url() const;  ///< "http://127.0.0.1:<port>/v1", for api_url
  std::vector<Incident> incidents() const;
  std::vector<Update> updates(const std::string& incident_id) const;  ///< oldest first
  std::string component(const std::string& id) const;                 ///< its state now
  std::vector<Call> calls() const;
  /// Calls the vendor answered 4xx to because of their shape: a relay never makes one. Each as "PATCH /…: why".
  std::vector<std::string> complaints() const;

  /// The next `times` fitting calls meet the fault; faults queue up.
  void fail(StatuspageFault fault, int times = 1);
  void always(StatuspageFault fault);
  void heal();
  /// After each write, the next `looks` reads still show what was before it.
  void hide_writes(int looks);
  /// Closes the port: connections are refused from now on.
  void stop();

  /// Puts an incident there as if somebody else or an earlier database had made it; answers its id.
  std::string plant(Incident incident);
  void forget(const std::string& incident_id);
  void rewrite_mark(const std::string& incident_id, const std::string& incident, const std::string& op);

 private:
  WireAnswer handle(const WireRequest& request);
  WireAnswer work(const WireRequest& request);
  WireAnswer write(const WireRequest& request, const std::string& incident_id);
  WireAnswer read(const std::string& rest, const std::string& query);
  std::optional<StatuspageFault> next_fault(bool is_write);
  bot::Time now() const;

  Options options_;
  std::unique_ptr<bot::Clock> own_clock_;
  mutable std::mutex mutex_;
  std::vector<Incident> incidents_;  ///< oldest first
  std::vector<Incident> stale_;      ///< what hidden reads show
  int hidden_looks_left_ = 0;
  int hide_looks_ = 0;
  std::map<std::string, std::string> states_;
  std::vector<Call> calls_;
  std::vector<std::string> complaints_;
  std::deque<StatuspageFault> faults_;
  std::optional<StatuspageFault> always_;
  int last_id_ = 0;
  std::unique_ptr<LoopbackHttp> server_;  // last: its threads use the rest
};

}  // namespace support
