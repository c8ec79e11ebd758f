// Work that Slack's events leave behind and that needs Slack's answers before it can be recorded: a message to be fetched, a person's name.
// Place: part of the inbox. Threads: take() from any; owns one thread that calls Slack.
//
// Slack is told "taken" when the event is on the disk, not when its message was fetched: the fetch may take longer than Slack's three seconds, and
// an event that is not acknowledged comes again only three times within six minutes, while Slack's own API is what is slow just then. So the
// event is committed as a piece of work (adapter state "slack/work", all pieces in one value) together with its dedup keys; the thread fetches
// and submits the capture, and the same commit takes the piece off the list. After a crash the list is read back and gone on with.
#pragma once

#include <deque>

#include "integrations/slack/form_view.hpp"
#include "integrations/slack/reception.hpp"

namespace slack {

struct Work {
  std::string key;      ///< unique: the event's id, or what stands for it
  std::string kind;     ///< "put", "taken_off"; "joined", "left"; "topic", "name", "archived", "unarchived" (text in message)
  From from;            ///< who did it and in which room
  Origin message;       ///< of put and taken_off; without an author, or not whole, it is still to be fetched
  std::vector<std::pair<std::string, std::string>> files;
  std::int64_t incident = 0;  ///< 0: the room's
  bool told = false;    ///< the person waits for a word (a shortcut, not a reaction)
  bot::Time since{};
  // ---- not kept ----
  int tries = 0;
  bot::Millis due{};
  bool under_way = false, durable = false;
};

class Captures {
 public:
  explicit Captures(Reception& reception);
  ~Captures() { stop(); }
  /// Reads back what a former process left.
  void resume();
  /// `answer` is given once the work is durable or known already; dropped when it could not be recorded.
  void take(Work work, std::vector<std::string> dedup_keys, Answer answer);
  void stop() { loop_.stop(); }

 private:
  enum class Step { done, later, dropped };
  bot::Millis step();
  std::optional<Work> next(bot::Millis& wait);
  Step carry_out(Work& work);
  Step fetch(Work& work);
  Step find(const Work& work, const char* method, const Budget& budget, nlohmann::json& message, std::string& why);
  void learn_author(Work& work, const Budget& budget);
  void record(const Work& work, bot::RequestBody body);
  void put_off(const std::string& key);
  void finish(const Work& work);
  void settled(const Work& work, const bot::Reply& reply);
  void drop(const Work& work, const std::string& why);
  void strike(const Work& work);
  void turn_away(const Work& work, const std::string& refusal);
  bot::AdapterState state() const;
  std::optional<bot::AdapterState> pinned_by(const Work& work) const;
  void forget(const std::string& key);

  Reception& reception_;
  bot::Mutex order_;  ///< held while the list is written out and submitted, so that values are committed in the order they were made
  mutable bot::Mutex mutex_;
  std::deque<Work> works_ GUARDED_BY(mutex_);
  bot::Loop loop_;
};

/// What Muster keeps of a message as Slack sends it: words, files, author.
std::string words_of(const nlohmann::json& message);
std::vector<std::pair<std::string, std::string>> files_of(const nlohmann::json& message);
void read_author(const nlohmann::json& message, Origin& origin);
/// "C07/1503435956.000247"
std::string message_key(const Origin& origin);

}  // namespace slack
