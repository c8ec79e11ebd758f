// Slack's Web API on loopback, as far as Muster uses it, with Slack's checks, errors, limits and bad days. Also Slack's side of slash commands.
// Place: the Slack tests and the scenarios. Threads: any.
// The checks are the documentation's: token in the header, form bodies, names, lengths, membership, block limits, metadata's form.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bot/env.hpp"
#include "integrations/http/client.hpp"
#include "tests/support/fake_slack_limits.hpp"
#include "tests/support/loopback_http.hpp"

namespace support {

using Form = std::map<std::string, std::string>;

struct SlackFault {
  enum class Kind {
    slow,              ///< does the work, answers after `delay`
    refuse,            ///< answers `status` (429 with Retry-After, 500 …) without doing the work
    error,             ///< answers {"ok":false,"error":`error`} without doing the work
    hang,              ///< neither works nor answers
    close_before_work, ///< closes without a byte, nothing done
    close_mid_answer,  ///< does the work, closes after half of the answer
    fail_after_doing,  ///< does the work, answers `status`, or `error` when one is set
    hang_after_doing,  ///< does the work, never answers
    garble,            ///< does the work, answers 200 with HTML
  };
  Kind kind = Kind::refuse;
  std::string method;       ///< "" = any method
  int status = 500;
  int retry_after = 0;      ///< seconds; 0 = no header
  std::string error;
  bot::Millis delay{3000};
  int times = 1;            ///< -1 = until heal()
};

struct SlackMessage {
  std::string channel, ts, user, text, blocks, metadata;
  int edits = 0;
  std::string thread = {};                              ///< thread_ts of a reply
  std::map<std::string, std::set<std::string>> reactions = {};  ///< emoji → who
  std::string subtype = {};                             ///< "channel_join" …: what Slack itself writes into a channel
  std::string edited = {};                              ///< ts of the author's last edit
  std::string team = {};                                ///< the author's, where Slack says so
  std::string op() const;       ///< metadata.event_payload.op, or ""
  std::string visible() const;  ///< what a reader sees of the blocks
};

struct SlackChannel {
  std::string id, name, topic, creator;
  std::int64_t created = 0;
  bool is_private = false, is_archived = false, is_im = false;
  std::set<std::string> members;
  std::vector<std::string> pins;  ///< ts
  std::string purpose = {};
  std::vector<std::pair<std::string, std::string>> bookmarks = {};  ///< title, link
  std::string topic_by = {};                                        ///< who set the topic
};

/// A modal or a Home tab as Slack holds it.
struct SlackView {
  std::string id, hash, external_id, user, root, previous;  ///< user: whom it is shown to
  std::string view;                                         ///< JSON as given last
  bool home = false;
  int updates = 0;
};

/// What only its receiver saw.
struct SlackEphemeral { std::string channel, user, text, blocks; };

struct SlackUserGroup { std::string id, handle; std::vector<std::string> users; };

struct SlackCall {
  std::string method;
  Form args;
  int status = 200;
  std::string error;  ///< Slack's word; "" = ok, or a fault answered
  bot::Millis arrived{};   ///< by a clock that never jumps
  bot::Millis answered{};  ///< when the answer was due: arrived + the delay; 0 when none was given
};

class FakeSlack {
 public:
  static constexpr const char* kToken = "xoxb-test-token-0123456789";
  static constexpr const char* kAppToken = "xapp-1-A0MUSTER-0123456789-test";  ///< for apps.connections.open alone
  static constexpr const char* kSigningSecret = "8f742231b10e8888abcd99yyyzzz85a5";
  static constexpr const char* kClientId = "1234567890.0987654321", *kClientSecret = "client-secret-0123456789";
  static constexpr const char* kRotatingToken = "xoxe.xoxb-1-first-0123456789", *kRefreshToken = "xoxe-1-first-0123456789";
  static constexpr const char* kBot = "UMUSTER";
  static constexpr const char* kTeam = "T0TEST";
  static constexpr const char* kAnnounce = "C0INCIDENTS";

  /// `clock` gives created and ts; nullptr: the system's.
  explicit FakeSlack(const bot::Clock* clock = nullptr, int port = 0);
  ~FakeSlack();
  std::string url() const;  ///< "http://127.0.0.1:<port>/api/", for api_url

  // ---- what there is ----
  void add_user(const std::string& id, bool disabled = false);     ///< U01…U09 are there from the start
  /// What users.info tells of a user beside or instead of the usual: JSON members, as {"is_restricted": true}.
  void describe_user(const std::string& id, const std::string& members);
  void add_channel(SlackChannel channel);                          ///< as if somebody else had made it
  void take_name(const std::string& name, bool archived = true);   ///< a channel of somebody else that holds the name

  void add_user_group(SlackUserGroup group);
  /// Somebody writes; history tells of it. With a subtype Slack itself does: a join, a topic.
  std::string say(const std::string& channel, const std::string& user, const std::string& text, const std::string& thread = "", const std::string& subtype = "",
                  const std::string& team = "");
  void react(const std::string& ts, const std::string& user, const std::string& emoji, bool there = true);
  void edit(const std::string& ts, const std::string& text);
  void erase(const std::string& ts);
  /// The app rotates its tokens: kRotatingToken and kRefreshToken are good, each refresh token once, for a pair of new ones.
  void rotate_tokens();
  void expire_tokens();              ///< twelve hours pass for all access tokens but the newest
  std::string newest_token() const;
  /// A trigger_id as Slack hands them out: good once, for three seconds. Others are good once, unless `strict_triggers`.
  std::string new_trigger(const std::string& user = "U01");
  void strict_triggers(bool on);
  /// What apps.connections.open answers; without it the workspace has no Socket Mode.
  void serve_connections(std::function<std::string()> url);

  std::vector<SlackView> views() const;                            ///< in the order they were opened or first published
  std::vector<SlackEphemeral> ephemerals() const;

  std::vector<SlackCall> calls(const std::string& method = "") const;
  std::vector<SlackChannel> channels() const;                      ///< without direct messages
  std::optional<SlackChannel> channel(const std::string& name_or_id) const;
  std::vector<SlackMessage> messages(const std::string& channel_name_or_id) const;  ///< oldest first
  std::vector<SlackMessage> direct_messages(const std::string& user) const;
  /// Calls whose shape Slack would refuse, as "chat.postMessage: blocks: header text". A good sender makes none.
  std::vector<std::string> complaints() const;
  /// Live mentions in everything posted or edited so far: "!channel", "@U01" …
  std::set<std::string> notified() const;
  int rate_limited() const;                                        ///< how often the limits answered 429
  std::vector<LimitHit> limit_hits() const;                        ///< each of them

  // ---- bad days ----
  void fault(SlackFault fault);  ///< faults for one method queue up; the first that fits is used
  void slow(bot::Millis delay, const std::string& method = "", int times = -1);
  void refuse(int status, int retry_after, const std::string& method = "", int times = 1);
  void error(const std::string& word, const std::string& method = "", int times = 1);
  void hang(const std::string& method = "", int times = 1);
  void close_mid_answer(const std::string& method = "", int times = 1);
  void fail_after_doing(const std::string& method = "", int status = 500, int times = 1);
  void heal();
  /// One message per second and channel, as Slack promises; off by default.
  void limit_posts(bool on);
  /// All of Slack's documented limits (fake_slack_limits.hpp); off by default.
  void limit_as_slack(bool on);
  /// Every answer takes this long from now on, beside any fault.
  void each_call_takes(bot::Millis delay);
  /// Closes the port: connections are refused from now on.
  void stop();
  /// Not even refused: packets get no answer.
  void vanish();
  /// After stop or vanish: the same workspace at the same address.
  void come_back();

  /// Polls until `holds` or `seconds` passed.
  bool wait_until(const std::function<bool()>& holds, double seconds = 20) const;

 private:
  friend class FakeSlackMethods;
  WireAnswer handle(const WireRequest& request);
  WireAnswer work(SlackCall& call);
  std::optional<SlackFault> next_fault(const std::string& method);
  std::optional<int> over_limit(const SlackCall& call);
  std::string refused_credentials(const SlackCall& call, const std::string& authorization) const;
  void listen();
  bot::Time now() const;
  std::string next_ts();

  std::unique_ptr<bot::Clock> own_clock_;
  const bot::Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, SlackChannel> channels_;  ///< by id
  std::map<std::string, bool> users_;             ///< id → disabled
  std::map<std::string, std::string> described_;  ///< id → members of its own
  std::vector<SlackMessage> messages_;
  std::vector<SlackCall> calls_;
  std::vector<std::string> complaints_;
  std::set<std::string> notified_;
  std::deque<SlackFault> faults_;
  std::map<std::string, bot::Time> last_post_;
  std::vector<SlackView> views_;
  std::vector<SlackEphemeral> ephemerals_;
  std::map<std::string, SlackUserGroup> groups_;
  struct Trigger { bot::Millis until{}; bool used = false; std::string user; };
  std::map<std::string, Trigger> triggers_;
  std::function<std::string()> connections_;
  SlackLimits limits_;
  std::map<std::string, bool> access_tokens_;  ///< of a rotating app; true: expired
  std::string newest_token_, refresh_token_;
  bool limit_posts_ = false, limit_as_slack_ = false, strict_triggers_ = false;
  bot::Millis each_call_takes_{0};
  int rate_limited_ = 0;
  int last_id_ = 0;
  std::int64_t last_micro_ = 0;
  int port_ = 0;
  std::unique_ptr<HeldPort> held_;
  std::unique_ptr<BlackHole> vanished_;
  std::unique_ptr<LoopbackHttp> server_;  // last: its threads use the rest
};

/// Slack's side of a slash command.
struct SlashCommand {
  std::string text;
  std::string user = "U01", user_name = "alice", channel = "C0GENERAL", trigger_id;  ///< "" = a new one each time
  std::string team = FakeSlack::kTeam;
};
std::string form_body(const std::vector<std::pair<std::string, std::string>>& fields);
std::string slash_body(const SlashCommand& command);
/// Lines of what Muster sent, one JSON object each ({"method", "args" …}), are added to the file that MUSTER_SLACK_CALLS names: the referees
/// read it. Nothing happens when it is not set.
void record_for_referees(const std::string& method, const Form& args);
/// The two signature headers and a form Content-Type for `body`.
http::Headers slack_sign(const std::string& body, bot::Time now, const std::string& secret = FakeSlack::kSigningSecret);
/// Posts a signed command to `<muster_url>/slack/commands` now.
http::CallResult post_command(http::Client& client, const std::string& muster_url, const SlashCommand& command);

}  // namespace support
