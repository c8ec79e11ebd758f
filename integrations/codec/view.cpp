// What a reader outside sees: names beside ids, times as ISO 8601. For the API and the console, never for storage.
#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/codec/cards.hpp"
#include "integrations/codec/codec.hpp"

namespace codec {
namespace {

using nlohmann::json;

json person(const std::string& id, const bot::People& people) { return {{"id", id}, {"name", people.name_of(id)}}; }

json actor(const bot::Actor& who, const bot::People& people) {
  const bool named = who.kind == bot::ActorKind::person;
  return {{"kind", bot::to_string(who.kind)}, {"id", who.id}, {"name", named ? people.name_of(who.id) : who.id}};
}

json time_or_null(const std::optional<bot::Time>& t) { return t ? json(bot::iso8601(*t)) : json(nullptr); }

json times(const std::map<std::string, bot::Time>& all) {
  json out = json::object();
  for (const auto& [what, at] : all) out[what] = bot::iso8601(at);
  return out;
}

json publication(const bot::Publication& p) {
  json pages = json::object();
  for (const auto& [name, on] : p.pages) {
    pages[name] = {{"state", bot::to_string(on.state)}, {"link", on.link}, {"behind_earlier", !on.ahead.empty()}};
    if (on.state == bot::PageState::delayed) pages[name]["problem"] = on.problem;
  }
  return {{"state", p.state}, {"title", p.title}, {"components", p.components}, {"pages", pages},
          {"first_at", time_or_null(p.first_at)}, {"since", time_or_null(p.since)}, {"updated_at", time_or_null(p.updated_at)}};
}

json page_runs(const std::vector<bot::PageRun>& runs, const bot::People& people) {
  json out = json::array();
  for (const auto& run : runs) {
    json paged = json::array();
    for (const auto& id : run.paged) paged.push_back(person(id, people));
    out.push_back({{"id", run.id}, {"step", run.step}, {"round", run.round}, {"open", run.open}, {"since", bot::iso8601(run.since)},
                   {"acknowledged_by", run.acknowledged_by.empty() ? json(nullptr) : person(run.acknowledged_by, people)}, {"paged", paged}});
  }
  return out;
}

json spans(const bot::Text& text, const bot::People& people) {
  json out = json::array();
  for (const auto& span : text) {
    json j = {{"kind", kSpanKinds[static_cast<std::size_t>(span.kind)]}, {"value", span.value}};
    if (span.kind == bot::SpanKind::person) j["name"] = people.name_of(span.value);
    if (!span.label.empty()) j["label"] = span.label;
    if (span.notify) j["notify"] = true;
    out.push_back(std::move(j));
  }
  return out;
}

json block(const bot::Text& text, const bot::People& people) {
  return {{"text", bot::plain_text(text, people)}, {"spans", spans(text, people)}};
}

json blocks(const std::vector<bot::Text>& texts, const bot::People& people) {
  json out = json::array();
  for (const auto& text : texts) out.push_back(block(text, people));
  return out;
}

const char* word(bot::ReplyStatus status) {
  switch (status) {
    case bot::ReplyStatus::ok: return "ok";
    case bot::ReplyStatus::invalid: return "invalid";
    case bot::ReplyStatus::forbidden: return "forbidden";
    case bot::ReplyStatus::not_found: return "not_found";
    case bot::ReplyStatus::conflict: return "conflict";
    case bot::ReplyStatus::unavailable: return "unavailable";
    case bot::ReplyStatus::maybe_recorded: return "maybe_recorded";
  }
  return "invalid";
}

}  // namespace

json view(const bot::Incident& i, const bot::People& people) {
  json roles = json::array();
  for (const auto& [role, id] : i.roles) roles.push_back({{"role", role}, {"person", person(id, people)}});
  json members = json::array();
  for (const auto& id : i.members) members.push_back(person(id, people));
  return {{"v", 1}, {"id", i.name()}, {"number", i.number}, {"title", i.title}, {"severity", i.severity}, {"status", i.status},
          {"phase", bot::to_string(i.phase)}, {"private", i.is_private}, {"drill", i.is_drill}, {"impact", i.impact}, {"declared_by", actor(i.declared_by, people)},
          {"declared_at", bot::iso8601(i.declared)}, {"started_at", time_or_null(i.started)}, {"detected_at", time_or_null(i.detected)},
          {"resolved_at", time_or_null(i.resolved)}, {"closed_at", time_or_null(i.closed)}, {"updated_at", bot::iso8601(i.updated)},
          {"roles", roles}, {"members", members}, {"alerts_firing", i.alerts_firing}, {"alerts_total", i.alerts_total},
          {"publication", publication(i.publication)}, {"pages", page_runs(i.pages, people)}, {"rooms", i.rooms}, {"due", times(i.due)}, {"snoozed_until", time_or_null(i.snoozed_until)}, {"last_seq", i.last_seq}};
}

json view(const bot::Entry& e, const bot::People& people) {
  json facts = json::object();
  for (const auto& [name, value] : e.facts) facts.emplace(name, value);  // the first of a name counts, as in bot::fact
  std::optional<std::string> text = e.text;
  if (e.kind == bot::EntryKind::public_update && facts.erase("titled") > 0) {  // how it is kept is nobody's concern outside
    auto words = bot::public_words(e);
    facts["title"] = words.title;
    text = std::move(words.body);
  }
  return {{"v", 1}, {"position", e.position}, {"incident", "INC-" + std::to_string(e.incident)}, {"seq", e.seq}, {"kind", bot::to_string(e.kind)},
          {"word", bot::kind_word(e.kind)}, {"occurred_at", bot::iso8601(e.occurred_at)}, {"recorded_at", bot::iso8601(e.recorded_at)},
          {"actor", actor(e.actor, people)}, {"source", e.source}, {"facts", facts}, {"text", text ? json(*text) : json(nullptr)},
          {"redacted", !e.text}, {"sentence", bot::plain_text(bot::narrate(e, people), people)}, {"hash", bot::hex(e.hash)}};
}

json view(const bot::Card& card, const bot::People& people) {
  json facts = json::array();
  for (const auto& fact : card.facts) {
    json f = block(fact.value, people);
    f["label"] = fact.label;
    facts.push_back(std::move(f));
  }
  json buttons = json::array();
  for (const auto& b : card.buttons) buttons.push_back({{"label", b.label}, {"command", b.command}, {"primary", b.primary}, {"form", b.form}});
  return {{"v", 1}, {"title", block(card.title, people)}, {"tone", kTones[static_cast<std::size_t>(card.tone)]}, {"facts", facts},
          {"paragraphs", blocks(card.paragraphs, people)}, {"list", blocks(card.list, people)}, {"buttons", buttons}};
}

json view(const bot::Reply& reply, const bot::People& people) {
  json out = {{"v", 1}, {"status", word(reply.status)}, {"ok", reply.status == bot::ReplyStatus::ok}, {"repeated", reply.repeated},
              {"incident", reply.incident ? json("INC-" + std::to_string(*reply.incident)) : json(nullptr)}, {"card", view(reply.card, people)}};
  if (!reply.field.empty()) out["field"] = reply.field;
  if (reply.retry_after) out["retry_after_ms"] = reply.retry_after->count();
  return out;
}

}  // namespace codec
