// Incident ⇄ JSON. Encoding writes text directly: every commit does it.
#include "bot/incident.hpp"

#include "integrations/codec/codec.hpp"
#include "integrations/codec/fields.hpp"
#include "integrations/codec/text_writer.hpp"

namespace codec {
namespace {

constexpr std::array<const char*, 4> kPhases{"open", "resolved", "closed", "cancelled"};
constexpr std::array<const char*, 6> kPageStates{"pending", "shown", "held", "failed", "dropped", "delayed"};
constexpr std::array<const char*, 4> kActors{"person", "token", "monitor", "muster"};

std::int64_t ms(bot::Time t) { return t.time_since_epoch().count(); }

void write(TextWriter& w, const char* name, const std::optional<bot::Time>& t) {
  if (t) w.name(name).number(ms(*t));
}

void write(TextWriter& w, const char* name, const std::map<std::string, std::string>& values) {
  if (values.empty()) return;
  w.name(name).begin_object();
  for (const auto& [key, value] : values) w.outside_name(key).string(value);
  w.end_object();
}

void write(TextWriter& w, const char* name, const std::map<std::string, bot::Time>& times) {
  if (times.empty()) return;
  w.name(name).begin_object();
  for (const auto& [what, at] : times) w.outside_name(what).number(ms(at));
  w.end_object();
}

void write(TextWriter& w, const bot::Publication& p) {
  if (p == bot::Publication{}) return;
  w.name("publication").begin_object();
  w.name("state").string(p.state);
  w.name("title").string(p.title);
  write(w, "first_at", p.first_at);
  write(w, "updated_at", p.updated_at);
  if (p.since != p.updated_at) write(w, "since", p.since);  // rows from before it was kept read the same way
  write(w, "components", p.components);
  w.name("pages").begin_object();
  for (const auto& [page, on] : p.pages) {
    w.outside_name(page).begin_object();
    w.name("op").string(on.op);
    w.name("state").string(kPageStates[static_cast<std::size_t>(on.state)]);
    w.name("link").string(on.link);
    if (!on.ahead.empty()) w.name("ahead").string(on.ahead);
    if (!on.problem.empty()) w.name("problem").string(on.problem);
    if (on.problem_entry != 0) w.name("problem_entry").number(on.problem_entry);
    w.end_object();
  }
  w.end_object();
  w.end_object();
}

void write(TextWriter& w, const std::vector<bot::PageRun>& pages) {
  if (pages.empty()) return;
  w.name("pages").begin_array();
  for (const auto& run : pages) {
    w.begin_object();
    w.name("id").string(run.id);
    w.name("step").number(run.step);
    w.name("round").number(run.round);
    w.name("open").boolean(run.open);
    w.name("acknowledged_by").string(run.acknowledged_by);
    w.name("paged").begin_array();
    for (const auto& person : run.paged) w.string(person);
    w.end_array();
    w.name("failed").begin_array();
    for (const auto& which : run.failed) w.string(which);
    w.end_array();
    w.name("since").number(ms(run.since));
    w.end_object();
  }
  w.end_array();
}

void read_hash(const Fields& f, const char* name, bot::Hash& out) {
  std::string text;
  f.read(name, text);
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (text.size() != 2 * out.size()) return f.problem().note(name, "64 hexadecimal digits");
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return f.problem().note(name, "64 hexadecimal digits");
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
}

void read(const Fields& f, bot::Publication& p) {
  f.read("state", p.state);
  f.read("title", p.title);
  f.read("first_at", p.first_at);
  f.read("updated_at", p.updated_at);
  p.since = p.updated_at;
  f.read("since", p.since);
  f.read("components", p.components);
  f.each_member("pages", [&](const std::string& page, const nlohmann::json& j) {
    const Fields on(j, f.problem());
    bot::PublicOnPage& out = p.pages[page];
    on.read("op", out.op);
    on.read_word("state", kPageStates, out.state);
    on.read("link", out.link);
    on.read("ahead", out.ahead);
    on.read("problem", out.problem);
    on.read("problem_entry", out.problem_entry);
  });
}

bot::PageRun page_run(const Fields& f) {
  bot::PageRun run;
  f.read("id", run.id);
  f.read("step", run.step);
  f.read("round", run.round);
  f.read("open", run.open);
  f.read("acknowledged_by", run.acknowledged_by);
  f.read_texts("paged", run.paged);
  f.read_texts("failed", run.failed);
  f.read("since", run.since);
  return run;
}

void read(const Fields& f, bot::Incident& i) {
  f.read("number", i.number);
  f.read("title", i.title);
  f.read("severity", i.severity);
  f.read("status", i.status);
  f.read_word("phase", kPhases, i.phase);
  f.read("private", i.is_private);
  f.read("drill", i.is_drill);
  f.read("impact", i.impact);
  f.read_word("declared_by_kind", kActors, i.declared_by.kind);
  f.read("declared_by", i.declared_by.id);
  f.read("declared", i.declared);
  f.read("started", i.started);
  f.read("detected", i.detected);
  f.read("resolved", i.resolved);
  f.read("closed", i.closed);
  f.read("updated", i.updated);
  f.read("roles", i.roles);
  f.read_texts("members", i.members);
  f.read("alerts_firing", i.alerts_firing);
  f.read("alerts_total", i.alerts_total);
  if (const auto* p = f.find("publication")) read(Fields(*p, f.problem()), i.publication);
  f.each("pages", [&](const nlohmann::json& j) { i.pages.push_back(page_run(Fields(j, f.problem()))); });
  f.read("rooms", i.rooms);
  f.read_texts("chats", i.chats);
  f.read("snoozed_until", i.snoozed_until);
  f.read("due", i.due);
  f.read("reminded", i.reminded);
  f.each_member("unanswered", [&](const std::string& what, const nlohmann::json& j) {
    if (j.is_number_integer()) i.unanswered[what] = j.get<int>();
    else f.problem().note("unanswered", "numbers");
  });
  f.read("title_entry", i.title_entry);
  f.read("impact_entry", i.impact_entry);
  f.read("public_title_entry", i.public_title_entry);
  f.read("last_seq", i.last_seq);
  read_hash(f, "chain_head", i.chain_head);
}

}  // namespace

std::string encode(const bot::Incident& i) {
  TextWriter w(768);
  w.begin_object();
  w.name("v").number(1);
  w.name("number").number(i.number);
  w.name("title").string(i.title);
  w.name("severity").string(i.severity);
  w.name("status").string(i.status);
  w.name("phase").string(kPhases[static_cast<std::size_t>(i.phase)]);
  if (i.is_private) w.name("private").boolean(true);
  if (i.is_drill) w.name("drill").boolean(true);
  if (!i.impact.empty()) w.name("impact").string(i.impact);
  w.name("declared_by_kind").string(kActors[static_cast<std::size_t>(i.declared_by.kind)]);
  w.name("declared_by").string(i.declared_by.id);
  w.name("declared").number(ms(i.declared));
  write(w, "started", i.started);
  write(w, "detected", i.detected);
  write(w, "resolved", i.resolved);
  write(w, "closed", i.closed);
  w.name("updated").number(ms(i.updated));
  write(w, "roles", i.roles);
  w.name("members").begin_array();
  for (const auto& person : i.members) w.string(person);
  w.end_array();
  if (i.alerts_firing != 0) w.name("alerts_firing").number(i.alerts_firing);
  if (i.alerts_total != 0) w.name("alerts_total").number(i.alerts_total);
  write(w, i.publication);
  write(w, i.pages);
  write(w, "rooms", i.rooms);
  if (!i.chats.empty()) {
    w.name("chats").begin_array();
    for (const auto& chat : i.chats) w.string(chat);
    w.end_array();
  }
  write(w, "snoozed_until", i.snoozed_until);
  write(w, "due", i.due);
  write(w, "reminded", i.reminded);
  if (!i.unanswered.empty()) {
    w.name("unanswered").begin_object();
    for (const auto& [what, count] : i.unanswered) w.outside_name(what).number(count);
    w.end_object();
  }
  w.name("title_entry").number(i.title_entry);
  w.name("impact_entry").number(i.impact_entry);
  w.name("public_title_entry").number(i.public_title_entry);
  w.name("last_seq").number(i.last_seq);
  w.name("chain_head").string(bot::hex(i.chain_head));
  w.end_object();
  return w.take();
}

bot::Result<bot::Incident> decode_incident(const std::string& text) {
  auto parsed = parse_stored("incident", text);
  if (!parsed) return parsed.error();
  Problem problem;
  bot::Incident incident;
  read(Fields(*parsed, problem), incident);
  if (problem.any()) return damaged("incident", problem.words());
  if (incident.number <= 0) return damaged("incident", "it has no number");
  return incident;
}

}  // namespace codec
