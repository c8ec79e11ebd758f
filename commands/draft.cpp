#include "commands/draft.hpp"

#include <algorithm>

#include "bot/addressing.hpp"
#include "bot/announcement.hpp"
#include "bot/plain.hpp"

namespace commands {

using namespace bot;

const NewEntry& Draft::record(EntryKind kind, std::string text, Facts facts) {
  decision_.entries.push_back(NewEntry{kind, std::move(text), std::move(facts), std::nullopt});
  return decision_.entries.back();
}

void Draft::send(Content content, std::string only) {
  decision_.messages.push_back(Outgoing{decision_.incident, std::move(content), std::move(only), false});
}

void Draft::send_extra(Content content, std::string only) {
  decision_.messages.push_back(Outgoing{decision_.incident, std::move(content), std::move(only), true});
}

void Draft::say(Text title, Tone tone, std::vector<Button> buttons, std::string only) {
  Card card;
  card.title = std::move(title);
  card.tone = tone;
  card.buttons = std::move(buttons);
  send(Say{std::move(card)}, std::move(only));
}

void Draft::say_recorded(std::vector<Button> buttons, std::string only) {
  const NewEntry& proposed = decision_.entries.back();
  Entry entry;
  entry.incident = decision_.incident;
  entry.kind = proposed.kind;
  entry.actor = context_.actor;
  entry.facts = proposed.facts;
  entry.text = proposed.text;
  say(narrate(entry, context_.people), Tone::neutral, std::move(buttons), std::move(only));
}

void Draft::reply(Text title, Tone tone) {
  decision_.reply.incident = decision_.incident;
  decision_.reply.card.title = std::move(title);
  decision_.reply.card.tone = tone;
}

void Draft::meet(const Person& person) {
  if (!context_.people.find(person.id)) decision_.people.push_back(person);
}

Incident outline(const Incident& incident) {
  Incident out;
  out.number = incident.number;
  out.title = incident.title;
  out.severity = incident.severity;
  out.status = incident.status;
  out.phase = incident.phase;
  out.is_private = incident.is_private;
  out.is_drill = incident.is_drill;
  out.roles = incident.roles;
  return out;
}

void open_room(Draft& draft, const Incident& as_it_will_be, const std::string& only, const std::string& existing) {
  const auto& settings = draft.context().settings;
  const OpenRoom open{room_name(settings.incidents.room_name, as_it_will_be.number, as_it_will_be.title), as_it_will_be.title, as_it_will_be.is_private, ""};
  const std::string rest = existing.empty() ? only : std::string();  // the other chats get rooms of their own, as usual
  if (existing.empty()) draft.send(open, only);
  else
    for (const auto& chat : settings.chats()) {
      OpenRoom here = open;
      if (chat == only) here.existing = existing;
      draft.send(std::move(here), chat);
    }
  draft.send(PostSummary{}, rest);
  draft.send(PinSummary{}, rest);
}

Card announcement(const Incident& incident, const std::string& no_room) { return announcement_card(incident, no_room); }

void tell_bystanders(Draft& draft, const Incident& incident, Text what, Tone tone) {
  Card card;
  card.tone = tone;
  card.title = {strong(drill_words(incident, incident.name())), plain(" " + severity_name(incident.severity) + " "), plain(incident.title)};
  card.title.insert(card.title.end(), std::make_move_iterator(what.begin()), std::make_move_iterator(what.end()));
  Outgoing outgoing{incident.number, Announce{std::move(card)}};
  outgoing.news = "standing";
  draft.decision().messages.push_back(std::move(outgoing));
}

std::string roomless_reference(const std::string& chat) { return "roomless:" + chat; }

void set_roomless(Draft& draft, const std::string& chat, const std::string& how) {
  draft.decision().references.push_back({draft.decision().incident, "muster", roomless_reference(chat), how});
}

const std::string& how_roomless(const Snapshot& snapshot, const std::string& chat) {
  static const std::string none;
  const auto it = snapshot.references.find("muster/" + roomless_reference(chat));
  return it == snapshot.references.end() ? none : it->second;
}

std::string chats_for(const Context& context) {
  const auto chats = context.settings.chats();
  const bool from_a_chat = std::find(chats.begin(), chats.end(), context.source) != chats.end();
  return context.settings.incidents.room_in_every_chat || !from_a_chat ? std::string() : context.source;
}

Incident declare(Draft& draft, const std::string& title, const std::string& severity, const std::string& kind, const std::string& chats) {
  Incident row;
  row.number = draft.decision().incident;
  row.title = title;
  row.severity = severity;
  row.status = "investigating";
  row.is_private = kind.find("private") != std::string::npos;
  row.is_drill = kind.find("drill") != std::string::npos;
  Facts facts{{"severity", severity}};
  if (row.is_private) facts.emplace_back("private", "yes");
  if (row.is_drill) facts.emplace_back("drill", "yes");
  if (!chats.empty()) {
    facts.emplace_back("chats", chats);
    row.chats.insert(chats);
  }
  row.declared_by = draft.context().actor;
  row.declared = draft.context().now;
  draft.record(EntryKind::declared, title, std::move(facts));
  // Where a room opens, its outcome announces it; the chats without one hear of it at once.
  for (const auto& chat : draft.context().settings.chats())
    if (!row.chats.empty() && row.chats.count(chat) == 0) draft.send(Announce{announcement(row)}, chat);
  return row;
}

std::string drill_words(const Incident& incident, const std::string& words) { return incident.is_drill && !words.empty() ? "DRILL: " + words : words; }

std::vector<std::string> first_responders(const Settings& settings) {
  return settings.paging.policy.empty() ? std::vector<std::string>{} : settings.paging.policy.front().notify;
}

void offer_public_end(Draft& draft, const Incident& incident) {
  const Publication& p = incident.publication;
  if (p.state.empty() || p.state == "resolved") return;
  draft.add(Text{plain("The public incident is still \"" + state_name(p.state) + "\". To end it, type "), code("public resolved TEXT")});
  draft.add(Button{"Resolve publicly", "public resolved This incident has been resolved.", false});
}

const std::string* one_of(std::string_view word, const std::vector<std::string>& words) {
  for (const auto& candidate : words)
    if (same(candidate, word)) return &candidate;
  return nullptr;
}

const std::vector<std::string>& status_words() {
  static const std::vector<std::string> words{"investigating", "identified", "monitoring", "resolved"};
  return words;
}

const std::vector<std::string>& component_states() {
  static const std::vector<std::string> states{"operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"};
  return states;
}

namespace {

std::string squeezed(std::string_view word) {
  std::string out;
  for (const char c : word)
    if (c != '-' && c != '_' && c != ' ') out += c;
  return lower(out);
}

/// "sev1" → "1"; "" when it does not end in a number.
std::string_view trailing_digits(std::string_view word) {
  std::size_t from = word.size();
  while (from > 0 && word[from - 1] >= '0' && word[from - 1] <= '9') --from;
  return word.substr(from);
}

}  // namespace

const std::string* severity_of(std::string_view word, const Settings& settings, bool loosely) {
  const auto& all = settings.incidents.severities;
  if (const auto* exact = one_of(word, all)) return exact;
  if (word.empty() || word.size() > 40) return nullptr;
  const std::string typed_word = squeezed(word);
  for (const auto& candidate : all)
    if (squeezed(candidate) == typed_word) return &candidate;
  const std::string_view digits = trailing_digits(typed_word);
  const std::string_view letters = std::string_view(typed_word).substr(0, typed_word.size() - digits.size());
  // No "s": "s3 is down" is about something else. A bare number is a severity only where nothing else can stand.
  if (digits.empty() || !((loosely && letters.empty()) || letters == "sev" || letters == "p" || letters == "severity")) return nullptr;
  const std::string* found = nullptr;
  for (const auto& candidate : all) {
    if (trailing_digits(candidate) != digits) continue;
    if (found != nullptr) return nullptr;
    found = &candidate;
  }
  return found;
}

}  // namespace commands
