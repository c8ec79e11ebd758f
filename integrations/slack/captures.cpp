#include "integrations/slack/captures.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bot/log.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/slack/missed_room.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr const char* kState = "slack/work";
constexpr std::size_t kWorks = 1000;
constexpr bot::Millis kIdle{60000}, kTime{8000}, kFirstWait{3000}, kLongestWait{300000}, kGiveUp{24 * 3600000};

json encoded(const Work& w) {
  json out{{"key", w.key},   {"kind", w.kind},         {"user", w.from.user},      {"name", w.from.name},           {"room", w.from.room},
           {"told", w.told}, {"incident", w.incident}, {"since", w.since.time_since_epoch().count()}};
  const Origin& m = w.message;
  if (!m.ts.empty() || !m.text.empty())
    out["message"] = {{"channel", m.channel}, {"ts", m.ts}, {"thread", m.thread}, {"text", m.text}, {"author", m.author}, {"name", m.author_name}, {"cut", !m.whole}};
  for (const auto& [name, link] : w.files) out["files"].push_back({{"name", name}, {"link", link}});
  return out;
}

std::optional<Work> decoded(const json& in) {
  Work w;
  w.key = text_of(in, "key");
  w.kind = text_of(in, "kind");
  w.from = {text_of(in, "user"), text_of(in, "name"), text_of(in, "room")};
  w.told = is_true(in, "told");
  w.incident = number_of(in, "incident");
  w.since = bot::Time{bot::Millis{number_of(in, "since")}};
  const json& m = object_of(in, "message");
  w.message = {text_of(m, "channel"), text_of(m, "ts"), text_of(m, "thread"), text_of(m, "text"), text_of(m, "author"), text_of(m, "name"), !is_true(m, "cut")};
  for (const auto& file : list_of(in, "files")) w.files.emplace_back(text_of(file, "name"), text_of(file, "link"));
  if (w.key.empty() || w.kind.empty()) return std::nullopt;
  return w;
}

/// Pieces about one message, or one person in one room, are carried out in the order they came.
std::string subject(const Work& w) { return w.message.ts.empty() ? w.from.room + " " + w.from.user : message_key(w.message); }

bool passing(const Problem& problem) { return problem.outcome != Outcome::refused; }

}  // namespace

Captures::Captures(Reception& reception) : reception_(reception), loop_("slack-captures", [this] { return step(); }) {}

void Captures::resume() {
  const auto kept = reception_.at.reader.adapter_state(kState);
  if (kept && *kept) {
    const auto list = codec::parse(**kept);
    bot::Lock lock(mutex_);
    if (list && list->is_array())
      for (const auto& one : *list)
        if (auto work = decoded(one); work && works_.size() < kWorks) {
          work->durable = true;
          works_.push_back(*std::move(work));
        }
  }
  loop_.start();
}

bot::AdapterState Captures::state() const {
  bot::Lock lock(mutex_);
  json list = json::array();
  for (const auto& work : works_) list.push_back(encoded(work));
  return {kState, list.empty() ? "" : codec::dump(list)};
}

void Captures::forget(const std::string& key) {
  bot::Lock lock(mutex_);
  std::erase_if(works_, [&key](const Work& w) { return w.key == key; });
}

void Captures::take(Work work, std::vector<std::string> dedup_keys, Answer answer) {
  const std::string key = work.key;
  work.since = reception_.at.clock.now();
  work.under_way = true;  // until it is durable
  {
    bot::Lock lock(mutex_);
    if (works_.size() >= kWorks) return;  // not acknowledged: Slack sends it again
    if (const auto it = std::find_if(works_.begin(), works_.end(), [&key](const Work& w) { return w.key == key; }); it != works_.end()) {
      const bool durable = it->durable;
      lock.native().unlock();
      if (durable) answer("");  // else the first delivery's commit is not through, and this one may come again
      return;
    }
    works_.push_back(std::move(work));
  }
  bot::Request request = reception_.request_of({}, bot::Checkpoint{}, {});
  request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
  request.dedup_keys = std::move(dedup_keys);
  bot::Lock in_order(order_);
  request.state = {state()};
  reception_.at.intake.submit(std::move(request), [this, key, answer = std::move(answer), here = reception_.whole()](const bot::Reply& reply) {
    const auto alive = here.lock();
    if (!alive) return;
    const bool recorded = reply.status == bot::ReplyStatus::ok;
    if (!recorded || reply.repeated) forget(key);  // a repeat's work was done, or is on the list under the same key
    if (!recorded) return;
    {
      bot::Lock lock(mutex_);
      for (auto& one : works_)
        if (one.key == key) {
          one.durable = true;
          one.under_way = false;
        }
    }
    answer("");
    loop_.wake();
  });
}

std::optional<Work> Captures::next(bot::Millis& wait) {
  const bot::Millis now = reception_.at.clock.monotonic();
  std::vector<std::string> busy;
  bot::Lock lock(mutex_);
  for (auto& work : works_) {
    const std::string about = subject(work);
    const bool first = std::find(busy.begin(), busy.end(), about) == busy.end();
    busy.push_back(about);
    if (!first || work.under_way) continue;
    if (work.due > now) {
      wait = std::min(wait, work.due - now);
      continue;
    }
    work.under_way = true;
    return work;
  }
  return std::nullopt;
}

bot::Millis Captures::step() {
  bot::Millis wait = kIdle;
  auto work = next(wait);
  if (!work) return wait;
  if (reception_.at.clock.now() - work->since > kGiveUp) {
    drop(*work, "Slack did not give the message within a day");
    return bot::Millis{0};
  }
  const std::string key = work->key;
  if (carry_out(*work) == Step::later) put_off(key);
  return bot::Millis{0};
}

void Captures::put_off(const std::string& key) {
  const bot::Millis now = reception_.at.clock.monotonic();
  bot::Lock lock(mutex_);
  for (auto& work : works_) {
    if (work.key != key) continue;
    bot::Millis wait = kFirstWait * (1 << std::min(work.tries, 8));
    ++work.tries;
    work.due = now + std::min(wait, kLongestWait);
    work.under_way = false;
  }
}

Captures::Step Captures::carry_out(Work& work) {
  const Budget budget(reception_.at.clock, kTime, kTime);
  const bool by_command = work.kind == "put" || work.kind == "taken_off" || work.kind == "joined" || work.kind == "left";
  if (by_command)
    if (const std::string refusal = reception_.refusal(work.from, "", budget); !refusal.empty()) {
      turn_away(work, refusal);
      return Step::dropped;
    }
  reception_.learn_name(work.from, budget);
  if (work.kind == "joined" || work.kind == "left") {
    record(work, bot::Invocation{work.kind == "joined" ? "join" : "leave", work.incident > 0 ? std::optional<std::int64_t>(work.incident) : std::nullopt, {}});
    return Step::done;
  }
  if (work.kind != "put" && work.kind != "taken_off") {
    record(work, bot::RoomChange{std::nullopt, work.kind, work.message.text});
    return Step::done;
  }
  bot::Capture capture;
  capture.what = work.kind == "put" ? bot::Capture::What::put : bot::Capture::What::taken_off;
  if (work.kind == "put") {
    if (work.message.author.empty() || !work.message.whole)
      if (const Step fetched = fetch(work); fetched != Step::done) return fetched;
    learn_author(work, budget);
    json answer;
    const Arguments arguments{{"channel", work.message.channel}, {"message_ts", work.message.ts}};
    if (!reception_.api.call("chat.getPermalink", arguments, budget, answer)) capture.link = text_of(answer, "permalink");
    capture.author = bot::Caller{bot::ActorKind::person, "slack", work.message.author, work.message.author_name, {}};
    capture.written = time_of(work.message.ts);
    capture.text = work.message.text;
    capture.files = work.files;
  }
  if (work.incident > 0) capture.incident = work.incident;
  capture.message = message_key(work.message);
  record(work, std::move(capture));
  return Step::done;
}

/// The message itself, or the answer of its thread; Slack's history shows only what stands in the channel.
Captures::Step Captures::fetch(Work& work) {
  const Budget budget(reception_.at.clock, kTime, kTime);
  json message;
  std::string why = "Slack does not find the message any more";
  Step step = work.message.thread.empty() ? find(work, "conversations.history", budget, message, why) : Step::done;
  if (step == Step::done && message.is_null()) step = find(work, "conversations.replies", budget, message, why);
  if (step == Step::later) return step;
  if (step == Step::dropped || message.is_null()) {
    if (!work.message.text.empty()) return Step::done;  // what the shortcut brought along
    drop(work, why);
    return Step::dropped;
  }
  work.message.text = words_of(message);
  work.files = files_of(message);
  read_author(message, work.message);
  if (work.message.author.empty()) work.message.author = "UNKNOWN";
  return Step::done;
}

Captures::Step Captures::find(const Work& work, const char* method, const Budget& budget, json& message, std::string& why) {
  const Origin& m = work.message;
  Arguments arguments{{"channel", m.channel}, {"latest", m.ts}, {"oldest", m.ts}, {"inclusive", "true"}, {"limit", "1"}};
  if (method == std::string("conversations.replies")) arguments = {{"channel", m.channel}, {"ts", m.thread.empty() ? m.ts : m.thread}, {"latest", m.ts}, {"oldest", m.ts}, {"inclusive", "true"}, {"limit", "10"}};
  json answer;
  if (const auto problem = reception_.api.call_in(m.channel, method, arguments, budget, answer)) {
    if (problem->code == "thread_not_found" || problem->code == "message_not_found") return Step::done;
    if (passing(*problem)) return Step::later;
    why = problem->words;
    return Step::dropped;
  }
  for (const auto& one : list_of(answer, "messages"))
    if (text_of(one, "ts") == m.ts) message = one;
  return Step::done;
}

void Captures::learn_author(Work& work, const Budget& budget) {
  From author{work.message.author, work.message.author_name, ""};
  reception_.learn_name(author, budget);
  work.message.author_name = author.name;
}

/// Whose reactions keep the message on the timeline, for the day on which their removal is missed (missed_room.hpp).
std::optional<bot::AdapterState> Captures::pinned_by(const Work& work) const {
  if (work.key.rfind("reaction:", 0) != 0) return std::nullopt;
  const std::string key = pinned_by_key(message_key(work.message));
  const auto kept = reception_.at.reader.adapter_state(key);
  auto users = pinned_by_users(kept && *kept ? **kept : "");
  std::erase(users, work.from.user);
  if (work.kind == "put") users.push_back(work.from.user);
  if (users.empty()) return bot::AdapterState{key, "-" + work.from.user};
  std::string all;
  for (const auto& user : users) all += (all.empty() ? "" : " ") + user;
  return bot::AdapterState{key, all};
}

/// The commit that records it also takes it off the list.
void Captures::record(const Work& work, bot::RequestBody body) {
  bot::Request request = reception_.request_of(work.from, std::move(body), {});  // not `sent`: it did happen then, however late it is heard of
  request.dedup_keys = {"slack:work:" + work.key};
  bot::Lock in_order(order_);
  forget(work.key);
  request.state = {state()};
  if (const auto pinned = pinned_by(work)) request.state.push_back(*pinned);
  reception_.at.intake.submit(std::move(request), [this, work, here = reception_.whole()](const bot::Reply& reply) {
    if (const auto alive = here.lock()) settled(work, reply);
  });
}

void Captures::settled(const Work& work, const bot::Reply& reply) {
  if (reply.status == bot::ReplyStatus::unavailable || reply.status == bot::ReplyStatus::maybe_recorded) {
    {
      bot::Lock lock(mutex_);
      works_.push_front(work);  // still on the disk's list as well
    }
    put_off(work.key);
    return loop_.wake();
  }
  const bool refused = reply.status != bot::ReplyStatus::ok;
  const bool about_a_message = !work.message.ts.empty();
  if (!about_a_message || (!work.told && !refused)) return;
  reception_.later("events", [this, work, reply] { reception_.tell_person(work.from, "", card_of(reply), reply.incident.value_or(0), work.message.thread); });
}

/// Off the list, durably.
void Captures::strike(const Work& work) {
  bot::Request request = reception_.request_of({}, bot::Checkpoint{}, {});
  request.caller = bot::Caller{bot::ActorKind::muster, "slack", "muster", "Muster", {}};
  bot::Lock in_order(order_);
  forget(work.key);
  request.state = {state()};
  reception_.at.intake.submit(std::move(request), [](const bot::Reply&) {});
}

/// By somebody who may not; they hear it where they did something that others do by a command.
void Captures::turn_away(const Work& work, const std::string& refusal) {
  strike(work);
  if (work.kind == "put") reception_.tell_person(work.from, "", words(refusal), 0, work.message.thread);
}

/// Given up: off the list, durably, and the person hears why.
void Captures::drop(const Work& work, const std::string& why) {
  bot::log(bot::LogLevel::warning, "slack_work_dropped", {{"kind", work.kind}, {"why", why}});
  strike(work);
  if (work.kind != "put") return;
  bot::Card card;
  card.title = {bot::plain("The message is not on the timeline: " + why + ". To add its words, type "), bot::code("note TEXT")};
  reception_.tell_person(work.from, "", card, 0, work.message.thread);
}

}  // namespace slack
