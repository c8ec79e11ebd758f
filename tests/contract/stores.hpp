// The stores that must keep the port's promises, and what a contract test needs to talk to them.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>

#include "bot/store.hpp"
#include "integrations/storage/open_store.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

namespace contract {

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "muster-contract-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path(const std::string& name = "muster.db") const { return path_ / name; }
  std::string url() const { return "sqlite:" + path().string(); }

 private:
  std::filesystem::path path_;
};

/// One kind of store under test.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual bot::Store& store() = 0;
  virtual bot::Reader& reader() = 0;
  virtual bot::Credentials& credentials() = 0;
};

class FakeSubject : public Subject {
 public:
  bot::Store& store() override { return fake_; }
  bot::Reader& reader() override { return fake_; }
  bot::Credentials& credentials() override { return fake_; }

 private:
  support::FakeStore fake_;
};

class SqliteSubject : public Subject {
 public:
  SqliteSubject() { reopen(); }
  bot::Store& store() override { return opened_->store(); }
  bot::Reader& reader() override { return opened_->reader(); }
  bot::Credentials& credentials() override { return opened_->credentials(); }
  storage::Opened& opened() { return *opened_; }
  void reopen(storage::StoreLimits limits = {}) {
    opened_.reset();
    auto opened = storage::open_store(folder.url(), env.env(), limits);
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened.ok());
    opened_ = *std::move(opened);
  }
  void close() { opened_.reset(); }
  Folder folder;
  support::FakeEnv env;

 private:
  std::unique_ptr<storage::Opened> opened_;
};

/// Builds what a Coordinator would commit: numbered, chained entries and the row after them.
class Scribe {
 public:
  bot::Time now{bot::Millis{1795448538000}};

  bot::Incident& row(std::int64_t number) {
    rows_[number].number = number;
    return rows_[number];
  }
  bot::Entry entry(std::int64_t number, bot::EntryKind kind, const std::string& text = "", bot::Facts facts = {}) {
    bot::Incident& to = row(number);
    bot::Entry e;
    e.incident = number;
    e.seq = to.last_seq + 1;
    e.kind = kind;
    e.occurred_at = now - bot::Millis{500};
    e.recorded_at = now;
    e.actor = {bot::ActorKind::person, "alice", {}, false};
    e.source = "console";
    e.facts = std::move(facts);
    e.salt.assign(15, 's');
    e.salt.push_back('\0');
    e.text = text;
    e.text_hash = bot::text_hash(e.salt, text);
    e.hash = bot::chain_hash(to.chain_head, e);
    bot::apply(to, e);
    return e;
  }
  /// Adds an entry and the row after it.
  void write(bot::Changes& changes, std::int64_t number, bot::EntryKind kind, const std::string& text = "", bot::Facts facts = {}) {
    changes.entries.push_back(entry(number, kind, text, std::move(facts)));
    changes.incidents.push_back(row(number));
    changes.at = now;
  }
  bot::Changes one(std::int64_t number, bot::EntryKind kind, const std::string& text = "", bot::Facts facts = {}) {
    bot::Changes changes;
    write(changes, number, kind, text, std::move(facts));
    return changes;
  }
  bot::Message message(const std::string& id, const std::string& lane, bot::LaneClass cls = bot::LaneClass::room, const std::string& integration = "slack") const {
    bot::Message m;
    m.id = id;
    m.incident = 1;
    m.integration = integration;
    m.lane_class = cls;
    m.lane = lane;
    m.content = bot::SetTopic{"topic of " + id};
    m.created = now;
    m.deadline = now + bot::Millis{3600000};
    return m;
  }
  bot::LeaseQuery lease(const std::string& boot, int room = 10) const { return {boot, now, {{"slack", room}, {"page", room}}}; }

 private:
  std::map<std::int64_t, bot::Incident> rows_;
};

inline void commit(bot::Store& store, std::vector<bot::Changes> batch) {
  auto done = store.commit(batch);
  INFO((done ? "" : done.error().message));
  REQUIRE(done.ok());
}
inline void commit(bot::Store& store, bot::Changes changes) { commit(store, std::vector<bot::Changes>{std::move(changes)}); }

template <class T>
T must(bot::Result<T> result) {
  INFO((result ? "" : result.error().message));
  REQUIRE(result.ok());
  return std::move(result).value();
}

}  // namespace contract
