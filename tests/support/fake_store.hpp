// The store as maps: same promises as the real ones, nothing on disk. The contract suite runs against it too.
// Place: core tests, the simulation. Threads: any; one mutex. A "restart" is simply a new boot id.
#pragma once

#include <set>
#include <unordered_map>

#include "bot/mutex.hpp"
#include "bot/store.hpp"
#include "integrations/storage/redaction.hpp"

namespace support {

class FakeStore : public bot::Store, public bot::Reader, public bot::Credentials {
 public:
  enum class Failure {
    unavailable,     ///< nothing is recorded (disk full)
    unknown_lost,    ///< outcome unknown, and it was not recorded
    unknown_kept,    ///< outcome unknown, and it was recorded
    conflict,        ///< as if somebody else had written
  };
  /// The next commit fails like this; later ones work again.
  void fail_next_commit(Failure failure);

  // bot::Store
  bot::Result<bot::Loaded> load(const bot::LoadQuery& query) override;
  bot::Status commit(std::vector<bot::Changes>& batch) override;
  bot::Result<std::vector<bot::QueuedMessage>> lease(const bot::LeaseQuery& query) override;
  bot::Result<std::optional<bot::Time>> next_due() override;
  bot::Result<std::vector<bot::Timer>> due_timers(bot::Time now, int limit) override;
  bot::Result<std::optional<bot::Time>> next_timer() override;
  bot::Status shift_due(bot::Millis by, const std::string& timer_kind) override;
  bot::Result<bool> purge(bot::Time before) override;
  bot::Status maintain() override;

  // bot::Reader
  bot::Result<std::optional<bot::Incident>> incident(std::int64_t number) override;
  bot::Result<std::vector<bot::Incident>> incidents(const bot::IncidentFilter& filter) override;
  bot::Result<std::vector<bot::Entry>> timeline(std::int64_t incident, std::int64_t after_seq, int limit) override;
  bot::Result<std::vector<bot::Entry>> stream(std::int64_t after_position, int limit) override;
  bot::Result<std::int64_t> last_position() override;
  bot::Result<std::optional<std::int64_t>> incident_of(const bot::RoomKey& room) override;
  bot::Result<std::vector<bot::Reference>> references(std::int64_t incident, const std::string& integration) override;
  bot::Result<std::vector<bot::QueuedMessage>> troubled(int limit) override;
  bot::Result<std::vector<bot::OutboxCount>> outbox_counts() override;
  bot::Result<std::vector<bot::Entry>> public_updates(int limit) override;
  bot::Result<std::vector<bot::Person>> people() override;
  bot::Result<std::optional<std::string>> adapter_state(const std::string& key) override;

  // bot::Credentials
  bot::Status add_invite(const std::string& token, const std::string& person, bot::Time expires) override;
  bot::Result<std::optional<std::string>> peek_invite(const std::string& token, bot::Time now) override;
  bot::Result<std::optional<std::string>> redeem_invite(const std::string& token, const std::string& session, bot::Time now, bot::Time session_expires) override;
  bot::Result<std::optional<std::string>> session_person(const std::string& session, bot::Time now) override;
  bot::Status end_session(const std::string& session) override;
  bot::Result<bot::SignedOut> sign_out(const std::string& person, bot::Time now) override;
  bot::Status put_person(const bot::Person& person) override;

  /// For tests: every message ever committed, in order, as it stands.
  std::vector<bot::QueuedMessage> messages() const;
  std::optional<bot::QueuedMessage> message(const std::string& id) const;
  /// The state alone, without a copy; nullopt when it was never committed.
  std::optional<bot::MessageState> state_of(const std::string& id) const;
  void each_message(const std::function<void(const bot::QueuedMessage&)>& use) const;
  std::vector<bot::Timer> timers() const;
  std::size_t dedup_keys() const;

 private:
  struct StoredReply { bot::Reply reply; bot::Time at{}; storage::MadeOf made_of{}; };
  struct Invite { std::string person; bot::Time expires{}; };
  struct Tables {
    std::map<std::string, StoredReply> replies;
    std::map<std::int64_t, bot::Incident> incidents;
    std::vector<bot::Entry> entries;                                    // index + 1 = position
    std::map<std::int64_t, std::vector<std::size_t>> timelines;         // incident → indexes
    std::vector<bot::QueuedMessage> messages;                           // oldest first
    std::unordered_map<std::string, std::size_t> message_at;            // id → index
    std::unordered_map<std::string, storage::MadeOf> made_of;           // by message id
    std::size_t settled = 0;                                            // messages before it are no longer open
    std::map<std::string, bot::Timer> timers;
    std::map<std::tuple<std::int64_t, std::string, std::string>, std::string> references;
    std::map<std::string, bot::AlertRecord> alerts;
    std::map<std::string, std::int64_t> groups;
    std::map<std::string, bot::Person> people;
    std::map<std::string, std::string> adapter_state;
    std::map<std::string, Invite> invites, sessions;
  };
  static bot::Status check(const std::vector<bot::Changes>& batch, const Tables& against);
  static void apply(bot::Changes& changes, Tables& to);
  static void update_message(Tables& to, const bot::QueuedMessage& update);
  static void add_message(Tables& to, const bot::Message& message);
  static bool supersede(Tables& to, const bot::Message& by);
  static void redact(Tables& to, std::int64_t incident, std::int64_t seq);
  static std::vector<bot::QueuedMessage*> heads(Tables& of);
  static bot::QueuedMessage* find(Tables& in, const std::string& id);
  static void settle(Tables& of);
  static void recover(Tables& of, const bot::LeaseQuery& query);

  mutable bot::Mutex mutex_;
  Tables tables_ GUARDED_BY(mutex_);
  std::optional<Failure> failure_ GUARDED_BY(mutex_);
};

}  // namespace support
