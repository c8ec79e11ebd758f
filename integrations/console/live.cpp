#include "integrations/console/live.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/console/shell.hpp"

namespace console {

using nlohmann::json;

struct Live::Listener {
  std::shared_ptr<http::Stream> stream;
  Visitor visitor;
  std::int64_t incident = 0;
  std::int64_t position = 0;
  bot::Millis written{0}, checked{0};
  bool fresh = true;              // gets list, card and banner as they are now
  std::atomic<bool> over{false};  // closed by us; the stream itself notices a little later
  std::string banner;             // as last sent, without what differs between two drawings
};

/// What one round has read, shared by all listeners.
struct Live::Round {
  Look look;
  std::unordered_map<std::int64_t, std::vector<bot::Entry>> pages;  // by "after"
  std::int64_t last = 0;
  bot::Millis now{0};
};

namespace {

std::string event(const char* name, const json& data, std::int64_t id = -1) {
  // codec::dump writes no line break, so one data line is enough.
  return (id >= 0 ? "id: " + std::to_string(id) + "\n" : std::string{}) + "event: " + name + "\ndata: " + codec::dump(data) + "\n\n";
}

constexpr std::size_t kFullEnough = 256u << 10;

}  // namespace

void Live::open(std::shared_ptr<http::Exchange> exchange, Visitor visitor, std::int64_t incident, std::int64_t position) {
  std::shared_ptr<Listener> parked;
  auto listener = std::make_shared<Listener>();
  {
    const bot::Lock lock(mutex_);
    drop_gone();
    if (closed_) return exchange->respond(with_policy(http::Response::problem(503, "Muster is stopping.", bot::Millis{3000})));
    if (listeners_.size() >= limits_.streams) {
      return exchange->respond(
          with_policy(http::Response::problem(503, "Too many console pages are open. This one will try again.", bot::Millis{10000})));
    }
    std::size_t same = 0;
    for (const auto& other : listeners_) {
      if (other->visitor.session_hash != visitor.session_hash) continue;
      if (!parked) parked = other;  // in order of opening
      ++same;
    }
    if (same < limits_.streams_per_session) parked = nullptr;
    if (parked) listeners_.erase(std::find(listeners_.begin(), listeners_.end(), parked));
    listener->visitor = std::move(visitor);
    listener->incident = incident;
    listener->position = position;
    listener->written = listener->checked = desk_.env().clock.monotonic();
    http::Response head;
    head.headers = {{"Content-Type", "text/event-stream; charset=utf-8"}, {"X-Accel-Buffering", "no"}};
    head.body = "retry: 2000\n\n";
    listener->stream = exchange->stream(with_policy(std::move(head)));
    listeners_.push_back(listener);
    count_ = listeners_.size();
  }
  if (parked) {
    parked->stream->write(event("bye", {{"why", "parked"}}));
    parked->stream->close();
  }
}

void Live::close_session(const std::string& session_hash) {
  say_bye([&](const Visitor& visitor) { return visitor.session_hash == session_hash; });
}

void Live::close_person(const std::string& person) {
  say_bye([&](const Visitor& visitor) { return visitor.actor.id == person; });
}

void Live::say_bye(const std::function<bool(const Visitor&)>& to) {
  const bot::Lock lock(mutex_);
  for (const auto& listener : listeners_) {
    if (!to(listener->visitor)) continue;
    listener->stream->write(event("bye", {{"why", "signed out"}}));
    listener->stream->close();
  }
}

void Live::close_all() {
  const bot::Lock lock(mutex_);
  for (const auto& listener : listeners_) listener->stream->close();
  listeners_.clear();
  count_ = 0;
  closed_ = true;
}

void Live::reopen() {
  const bot::Lock lock(mutex_);
  closed_ = false;
}

std::vector<std::shared_ptr<Live::Listener>> Live::snapshot() {
  const bot::Lock lock(mutex_);
  drop_gone();
  return listeners_;
}

void Live::drop_gone() {
  listeners_.erase(std::remove_if(listeners_.begin(), listeners_.end(), [](const auto& l) { return l->over || !l->stream->alive(); }),
                   listeners_.end());
  count_ = listeners_.size();
}

bool Live::run_once() {
  const bot::Lock one_at_a_time(round_mutex_);
  const auto listeners = snapshot();
  if (listeners.empty()) return false;
  Round round;
  const auto last = desk_.reader().last_position();
  if (!last) return false;  // the store cannot be read now: the next round will
  round.last = *last;
  round.now = desk_.env().clock.monotonic();
  bool more = false;
  for (const auto& listener : listeners) {
    if (serve(*listener, round)) more = true;
  }
  return more;
}

/// True when the listener has still more to catch up with.
bool Live::serve(Listener& l, Round& round) {
  if (l.stream->backlog() > kFullEnough) return false;  // its socket is slow: no more reading for it until it drained
  const bool news = l.position < round.last;
  const bool beat = round.now - l.written >= limits_.heartbeat;
  // Before anything is shown, and at every heartbeat: does the session still stand?
  if (news || l.fresh || round.now - l.checked >= limits_.heartbeat) {
    if (!door_.still_signed_in(l.visitor)) {
      l.stream->write(event("bye", {{"why", "signed out"}}));
      l.stream->close();
      l.over = true;
      return false;
    }
    l.checked = round.now;
  }
  bool more = false;
  bool ok = true;
  if (round.last - l.position > limits_.farthest) {
    l.position = round.last;
    ok = l.stream->write(event("far", {{"why", "more happened than fits"}}, l.position));
    l.written = round.now;
  } else if (news) {
    ok = send_entries(l, round, more);
  }
  if (ok && (news || l.fresh)) ok = send_fragments(l, round);
  if (ok && (news || l.fresh || beat)) ok = send_banner(l, round);
  if (ok && beat && round.now - l.written >= limits_.heartbeat) {
    ok = l.stream->write("event: beat\ndata: 1\n\n");
    l.written = round.now;
  }
  l.fresh = false;
  if (!ok) l.over = true;
  return ok && more;
}

bool Live::send_entries(Listener& l, Round& round, bool& more) {
  for (int page = 0; page < limits_.pages_per_round; ++page) {
    auto found = round.pages.find(l.position);
    if (found == round.pages.end()) {
      auto read = desk_.reader().stream(l.position, limits_.page);
      if (!read) return true;  // try again next round, from the same position
      found = round.pages.emplace(l.position, std::move(*read)).first;
    }
    const auto& entries = found->second;
    if (entries.empty()) return true;
    bool said_last = false;
    for (const auto& entry : entries) {
      const bool concerns = l.incident == 0 || entry.incident == l.incident;
      said_last = false;
      if (!concerns) continue;
      const auto row = desk_.incident(round.look, l.visitor, entry.incident);
      if (!row) return true;
      if (!*row) continue;
      if (!send_entry(l, round, entry)) return false;
      said_last = true;
    }
    l.position = entries.back().position;
    // An id alone moves the browser's place on past what it was not shown.
    if (!said_last && !l.stream->write("id: " + std::to_string(l.position) + "\n\n")) return false;
    l.written = round.now;
    if (static_cast<int>(entries.size()) < limits_.page) return true;
    if (l.stream->backlog() > kFullEnough) break;
  }
  more = l.stream->backlog() <= kFullEnough;
  return true;
}

bool Live::send_entry(Listener& l, Round& round, const bot::Entry& entry) {
  const EntryContext context{desk_.people(), l.incident == 0};
  text::Html html;
  add_entry(html, entry, nullptr, context);
  text::Html day;  // used when the page's last line is of another day
  add_day(day, bot::date_text(entry.occurred_at));
  json data = {{"entry", codec::view(entry, desk_.people())}, {"html", html.str()}, {"day", day.str()}};
  // What an entry changes about an older line is drawn anew with it.
  const bool corrects = bot::amends(entry).has_value(), redacts = entry.kind == bot::EntryKind::redacted;
  if (l.incident != 0 && (corrects || redacts)) {
    const std::int64_t seq = std::strtoll(bot::fact(entry.facts, "entry").c_str(), nullptr, 10);
    const auto older =
        seq > 0 ? desk_.reader().timeline(entry.incident, seq - 1, 1) : bot::Result<std::vector<bot::Entry>>(std::vector<bot::Entry>{});
    if (older && !older->empty() && older->front().seq == seq) {
      text::Html line;
      add_entry(line, older->front(), corrects ? &entry : nullptr, context);
      data["also"] = line.str();
    }
  }
  l.written = round.now;
  return l.stream->write(event("entry", data, entry.position));
}

bool Live::send_fragments(Listener& l, Round& round) {
  json data = json::object();
  if (const auto list = desk_.list(round.look, l.visitor, l.incident)) data["list"] = list->str();
  if (l.incident == 0) {
    if (const auto needs = desk_.attention(round.look, l.visitor)) data["card"] = needs->html.str();
  } else if (const auto row = desk_.incident(round.look, l.visitor, l.incident); row && *row) {
    data["card"] = desk_.card(l.visitor, **row).str();
    data["head"] = desk_.headline(l.visitor, **row).str();
  }
  l.written = round.now;
  return l.stream->write(event("desk", data));
}

bool Live::send_banner(Listener& l, Round& round) {
  const auto banner = desk_.banner(round.look, l.visitor);
  if (!banner) return true;
  // The keys inside its forms differ each time; only its words count as a change.
  std::string words;
  bool tag = false;
  for (const char c : banner->str()) {
    if (c == '<') tag = true;
    if (!tag) words += c;
    if (c == '>') tag = false;
  }
  if (!l.fresh && words == l.banner) return true;
  l.banner = words;
  l.written = round.now;
  return l.stream->write(event("banner", {{"html", banner->str()}}));
}

bot::Millis Live::step() {
  if (count_.load() == 0) return bot::Millis{60000};
  const bot::Millis now = desk_.env().clock.monotonic();
  if (now < next_round_) return next_round_ - now;
  const bool more = run_once();
  next_round_ = desk_.env().clock.monotonic() + limits_.pause;
  return more ? limits_.pause : bot::Millis{1000};
}

}  // namespace console
