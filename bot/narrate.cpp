#include "bot/narrate.hpp"

#include <algorithm>
#include <cstdlib>

namespace bot {
namespace {

std::vector<std::string> split_ids(const std::string& ids) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < ids.size();) {
    const auto end = std::min(ids.find(',', at), ids.size());
    if (end > at) out.push_back(ids.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// "public and vendor".
std::string enumerated(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

/// Builds a sentence left to right.
class Sentence {
 public:
  explicit Sentence(const Entry& entry) : entry_(entry) {}
  Sentence& actor() { return put(who(entry_.actor)); }
  Sentence& say(std::string words) { return put(plain(std::move(words))); }
  Sentence& put(Span span) {
    text_.push_back(std::move(span));
    return *this;
  }
  Sentence& people(const std::string& ids) {
    for (auto& span : people_named(split_ids(ids))) text_.push_back(std::move(span));
    return *this;
  }
  /// The entry's own words, or the mark of their redaction.
  Sentence& words() { return put(plain(entry_.text ? *entry_.text : std::string(kRedacted))); }
  Sentence& words_after(const char* lead) { return entry_.text && entry_.text->empty() ? *this : say(lead).words(); }
  /// "14:30 UTC" of an iso8601 fact.
  Sentence& time(const char* name) {
    Time at{};
    return parse_iso8601(value(name), at) ? say(clock_text(at) + " UTC") : fact(name);
  }
  Sentence& fact(const char* name) { return put(plain(bot::fact(entry_.facts, name))); }
  bool has(const char* name) const { return !bot::fact(entry_.facts, name).empty(); }
  const std::string& value(const char* name) const { return bot::fact(entry_.facts, name); }
  Sentence& address() { return has("link") ? say(" (").put(link(value("link"), "link")).say(")") : *this; }
  Text done() { return std::move(text_); }

 private:
  const Entry& entry_;
  Text text_;
};

/// Slack's names come without their sign, Matrix's aliases with it.
std::string room_called(const std::string& name) { return name[0] == '#' ? name : "#" + name; }

Text role_sentence(const Entry& entry) {
  Sentence s(entry);
  const std::string& role = s.value("role");
  const std::string& how = s.value("how");
  if (!s.has("person")) {
    s.people(s.value("from"));
    if (s.has("from")) s.say(" is no longer " + role);
    else s.say(role + " released");
    if (entry.actor.id != s.value("from")) s.say(" (released by ").actor().say(")");
    return s.done();
  }
  s.people(s.value("person")).say(" " + role);
  if (how == "claimed") return s.say(" (claimed)").done();
  s.say(how == "handed_over" ? " (handed over by " : " (assigned by ").actor();
  if (s.has("from") && s.value("from") != entry.actor.id) s.say(", was ").people(s.value("from"));
  return s.say(")").done();
}

Text public_sentence(const Entry& entry) {
  Sentence s(entry);
  s.say("\"" + state_name(s.value("state")) + "\" published by ").actor();
  if (s.has("pages")) s.say(" for " + enumerated(split_ids(s.value("pages"))));
  s.say(": ").say(public_words(entry).body.value_or(kRedacted));
  std::string states;
  for (const auto& [name, value] : entry.facts) {
    if (name.rfind("component:", 0) != 0) continue;
    const std::string id = name.substr(10);
    const std::string& called = s.value(("name:" + id).c_str());
    std::string state = value;
    std::replace(state.begin(), state.end(), '_', ' ');
    states += (states.empty() ? "" : ", ") + (called.empty() ? id : called) + ": " + state;
  }
  if (!states.empty()) s.say(" (" + states + ")");
  return s.done();
}

/// "\"Investigating\" shown on vendor". Entries from before the state was kept begin with what happened.
Text page_sentence(const Entry& entry, const char* what) {
  Sentence s(entry);
  if (s.has("state")) s.say("\"" + state_name(s.value("state")) + "\" ");
  s.say(what).fact("page");
  if (entry.kind == EntryKind::public_shown) return s.address().done();
  s.words_after(": ");
  if (entry.kind == EntryKind::public_held) s.say(" (decide with public check, public send or public drop)");
  if (entry.kind == EntryKind::public_delayed) s.say(" (Muster keeps trying)");
  return s.done();
}

/// What a person chose for a held update.
Text choice_sentence(const Entry& entry, const char* what) {
  Sentence s(entry);
  s.say("held update ");
  if (s.has("state")) s.say("\"" + state_name(s.value("state")) + "\" ");
  return s.say("for ").fact("page").say(what).actor().done();
}

Text started_sentence(const Entry& entry) {
  Sentence s(entry);
  Time at{};
  s.actor().say(" set the start to ");
  if (parse_iso8601(s.value("at"), at)) s.say(date_text(at) + " " + clock_text(at) + " UTC");
  else s.fact("at");
  return s.done();
}

Text paged_sentence(const Entry& entry) {
  Sentence s(entry);
  s.people(s.value("person")).say(" paged");
  const std::string& round = s.value("round");
  if (s.value("step") == "0") s.say(" by ").actor();
  else s.say(" (escalation policy, step ").fact("step");
  if (!round.empty() && round != "1") s.say(", round " + round);
  if (s.value("step") != "0") s.say(")");
  return s.words_after(": ").done();
}

/// "@dana: "DB pool exhausted on node 3" (message of 14:11:47 UTC, pinned by @bob)".
Text captured_sentence(const Entry& entry) {
  Sentence s(entry);
  if (s.has("author")) s.people(s.value("author"));
  else s.say("somebody");
  s.say(": \"").words().say("\" (");
  Time at{};
  if (parse_iso8601(s.value("written"), at)) s.say("message of " + clock_text(at) + " UTC, ");
  s.say("pinned by ").actor().say(")");
  return s.address().done();
}

Text room_changed_sentence(const Entry& entry) {
  Sentence s(entry);
  const std::string& what = s.value("what");
  const std::string room = integration_name(s.value("integration")) + " room";
  if (what == "moved") return s.say("The " + room + " is the same, but " + integration_name(s.value("integration")) + " gave it a new id and a new link").done();
  if (what == "removed") return s.say("Muster was removed from the " + room + ": what is said or decided no longer reaches it until Muster is let in again").done();
  if (what == "returned") return s.say("Muster is in the " + room + " again").done();
  if (what == "archived" || what == "unarchived") return s.actor().say(" " + what + " the " + room + " by hand").done();
  return s.actor().say(" changed the " + what + " of the " + room + " by hand: ").words().done();
}

Text away_sentence(const Entry& entry) {
  Sentence s(entry);
  s.say("I was away from " + integration_name(s.value("integration")));
  Time from{}, until{};
  if (parse_iso8601(s.value("from"), from) && parse_iso8601(s.value("until"), until)) s.say(" " + clock_text(from) + "–" + clock_text(until) + " UTC");
  if (s.has("missed") && s.value("missed") != "0") s.say("; read " + s.value("missed") + (s.value("missed") == "1" ? " message" : " messages") + " afterwards");
  return s.done();
}

Text reminded_sentence(const Entry& entry) {
  Sentence s(entry);
  const std::string& what = s.value("what");
  if (s.has("person")) s.people(s.value("person")).say(" reminded: ");
  else s.say("the room reminded: ");
  if (what == "commander") return s.say("no commander yet").done();
  if (what == "update") return s.say("an update is due").done();
  if (what == "status") return s.say("the status has not changed for long").done();
  return s.say("still open").done();
}

}  // namespace

std::string kind_word(EntryKind kind) {
  switch (kind) {
    case EntryKind::alert_firing:
    case EntryKind::alert_resolved: return "alert";
    case EntryKind::renamed: return "title";
    case EntryKind::public_update:
    case EntryKind::public_shown:
    case EntryKind::public_delayed:
    case EntryKind::public_held:
    case EntryKind::public_failed:
    case EntryKind::public_dropped:
    case EntryKind::public_resent: return "public";
    case EntryKind::room_opened:
    case EntryKind::room_failed:
    case EntryKind::room_archived:
    case EntryKind::room_changed:
    case EntryKind::away:
    case EntryKind::mirrored: return "room";
    case EntryKind::captured:
    case EntryKind::capture_edited:
    case EntryKind::withdrawn: return "pinned";
    case EntryKind::reminded:
    case EntryKind::snoozed: return "reminder";
    case EntryKind::message_failed: return "problem";
    case EntryKind::paged:
    case EntryKind::page_sent:
    case EntryKind::page_failed:
    case EntryKind::acknowledged:
    case EntryKind::page_exhausted:
    case EntryKind::page_stopped: return "page";
    case EntryKind::declared:
    case EntryKind::joined:
    case EntryKind::left:
    case EntryKind::role:
    case EntryKind::severity:
    case EntryKind::status:
    case EntryKind::note:
    case EntryKind::impact:
    case EntryKind::started:
    case EntryKind::update:
    case EntryKind::resolved:
    case EntryKind::reopened:
    case EntryKind::closed:
    case EntryKind::cancelled:
    case EntryKind::corrected:
    case EntryKind::redacted: return to_string(kind);
    case EntryKind::made_private: return "private";
  }
  std::abort();
}

Span who(const Actor& actor) {
  switch (actor.kind) {
    case ActorKind::person: return name_of(actor.id);
    case ActorKind::token: return plain("token " + actor.id);
    case ActorKind::monitor: return plain(integration_name(actor.id));
    case ActorKind::muster: return plain("Muster");
  }
  std::abort();
}

std::string integration_name(const std::string& integration) {
  if (integration.rfind("statuspage:", 0) == 0) return "status page " + integration.substr(11);
  if (integration == "webhook") return integration;
  if (integration.rfind("webhook:", 0) == 0) return "webhook " + integration.substr(8);
  std::string out = integration;
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string state_name(const std::string& state) {
  std::string out = state;
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  for (char& c : out)
    if (c == '_') c = ' ';
  return out;
}

std::string severity_name(const std::string& severity) {
  std::string out = severity;
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

Text people_named(const std::vector<std::string>& ids, bool notify) {
  Text out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out.push_back(plain(i + 1 == ids.size() ? " and " : ", "));
    out.push_back(notify ? mention(ids[i]) : name_of(ids[i]));
  }
  return out;
}

Text narrate(const Entry& entry, const People&) {
  Sentence s(entry);
  switch (entry.kind) {
    case EntryKind::declared:
      s.actor().say(std::string(" declared ") + (s.has("private") ? "private " : "") + (s.has("drill") ? "drill " : ""));
      return s.say(s.value("severity") + " \"").words().say("\"").done();
    case EntryKind::alert_firing: return s.words().say(" (").actor().say(") firing").address().done();
    case EntryKind::alert_resolved: return s.words().say(" (").actor().say(") resolved").done();
    case EntryKind::joined: return s.people(s.value("person")).say(" joined").done();
    case EntryKind::left: return s.people(s.value("person")).say(" left").done();
    case EntryKind::role: return role_sentence(entry);
    case EntryKind::severity: return s.actor().say(" set the severity to " + s.value("to") + " (was " + s.value("from") + ")").done();
    case EntryKind::status:
      return s.actor().say(" set the status to " + state_name(s.value("to")) + " (was " + state_name(s.value("from")) + ")").words_after(": ").done();
    case EntryKind::renamed: return s.actor().say(" renamed it \"").words().say("\"").done();
    case EntryKind::note: return s.actor().say(": ").words().done();
    case EntryKind::impact:
      if (entry.text && entry.text->empty()) return s.actor().say(" cleared the impact").done();
      return s.actor().say(" set the impact: ").words().done();
    case EntryKind::started: return started_sentence(entry);
    case EntryKind::update: return s.actor().say(" updated stakeholders: ").words().done();
    case EntryKind::public_update: return public_sentence(entry);
    case EntryKind::public_shown: return page_sentence(entry, "shown on ");
    case EntryKind::public_delayed: return page_sentence(entry, "not yet on ");
    case EntryKind::public_held: return page_sentence(entry, "held for ");
    case EntryKind::public_failed: return page_sentence(entry, "not published on ");
    case EntryKind::public_dropped:
      if (entry.text && !entry.text->empty()) return page_sentence(entry, "not sent to ");
      return choice_sentence(entry, " dropped by ");
    case EntryKind::public_resent: return choice_sentence(entry, " sent again by ");
    case EntryKind::room_opened: {
      const std::string name = !entry.text ? kRedacted : !entry.text->empty() ? room_called(*entry.text) : s.has("name") ? room_called(s.value("name")) : "";
      return s.say(integration_name(s.value("integration")) + " room " + (name.empty() ? "" : name + " ") + "opened").address().done();
    }
    case EntryKind::room_failed: return s.say("no room in " + integration_name(s.value("integration"))).words_after(": ").done();
    case EntryKind::room_archived: return s.say(integration_name(s.value("integration")) + " room archived").done();
    case EntryKind::message_failed: return s.say("not delivered to " + integration_name(s.value("integration")) + ": ").words().done();
    case EntryKind::paged: return paged_sentence(entry);
    case EntryKind::page_sent: return s.say("page to ").people(s.value("person")).say(" sent by " + integration_name(s.value("channel"))).done();
    case EntryKind::page_failed:
      s.say("page to ").people(s.value("person")).say(" failed");
      if (s.value("channel") != "none") s.say(" by " + integration_name(s.value("channel")));
      return s.words_after(": ").done();
    case EntryKind::acknowledged:
      if (s.has("person")) return s.people(s.value("person")).say(" acknowledged").done();
      return s.actor().say(" acknowledged").done();
    case EntryKind::page_exhausted: return s.say("nobody answered the page").done();
    case EntryKind::page_stopped: return s.say("paging stopped").done();
    case EntryKind::resolved: return s.actor().say(" resolved it").words_after(": ").done();
    case EntryKind::reopened: return s.actor().say(" reopened it").words_after(": ").done();
    case EntryKind::closed: return s.actor().say(" closed it").done();
    case EntryKind::cancelled: return s.actor().say(" cancelled it").words_after(": ").done();
    case EntryKind::corrected: return s.actor().say(" corrected entry " + s.value("entry") + ": ").words().done();
    case EntryKind::redacted: return s.actor().say(" redacted the words of entry " + s.value("entry")).done();
    case EntryKind::captured: return captured_sentence(entry);
    case EntryKind::capture_edited: return s.say("the message of entry " + s.value("entry") + " was edited: ").words().done();
    case EntryKind::withdrawn:
      if (s.value("why") == "deleted") return s.say("the message of entry " + s.value("entry") + " was deleted in the chat").done();
      return s.actor().say(" took entry " + s.value("entry") + " off the timeline").done();
    case EntryKind::room_changed: return room_changed_sentence(entry);
    case EntryKind::away: return away_sentence(entry);
    case EntryKind::mirrored: return s.actor().say(" opened a room in " + integration_name(s.value("integration")) + " too").done();
    case EntryKind::reminded: return reminded_sentence(entry);
    case EntryKind::made_private: return s.actor().say(" made it private").done();
    case EntryKind::snoozed: return s.actor().say(" put reminders off until ").time("until").done();
  }
  std::abort();
}

std::optional<std::int64_t> amends(const Entry& entry) {
  if (entry.kind != EntryKind::corrected && entry.kind != EntryKind::capture_edited && entry.kind != EntryKind::withdrawn) return std::nullopt;
  return incident_number("#" + fact(entry.facts, "entry"));  // a positive number, or a damaged fact
}

std::optional<std::int64_t> repeats(const Entry& entry) {
  if (entry.kind == EntryKind::room_opened) return incident_number("#" + fact(entry.facts, "title"));
  return entry.kind == EntryKind::withdrawn ? std::nullopt : amends(entry);
}

Text amendment(const Entry& entry) {
  if (entry.kind == EntryKind::capture_edited) return {plain("edited in the chat")};
  if (entry.kind == EntryKind::corrected) return {plain("corrected by "), who(entry.actor)};
  if (fact(entry.facts, "why") == "deleted") return {plain("deleted in the chat")};
  return {plain("taken off by "), who(entry.actor)};
}

std::string plain_text(const Text& text, const People& people) {
  std::string out;
  for (const auto& span : text) {
    switch (span.kind) {
      case SpanKind::text:
      case SpanKind::strong:
      case SpanKind::code: out += span.value; break;
      case SpanKind::person: out += "@" + people.name_of(span.value); break;
      case SpanKind::room: out += "INC-" + span.value; break;
      case SpanKind::time:
        if (!span.label.empty()) out += span.label;
        else if (Time t{}; parse_iso8601(span.value, t)) out += date_text(t) + " " + clock_text(t) + " UTC";
        else out += span.value;
        break;
      case SpanKind::link: out += span.label.empty() ? span.value : span.label + " (" + span.value + ")"; break;
    }
  }
  return out;
}

}  // namespace bot
