#include "integrations/console/entry_html.hpp"

#include <cstdlib>

#include "bot/narrate.hpp"
#include "integrations/console/card_html.hpp"

namespace console {

using bot::EntryKind;
using text::Html;

namespace {

// Later than this between "happened" and "written down" is worth saying.
constexpr bot::Millis kWorthSaying{60000};

bool is_trouble(EntryKind kind) {
  return kind == EntryKind::public_held || kind == EntryKind::public_delayed || kind == EntryKind::public_failed || kind == EntryKind::room_failed ||
         kind == EntryKind::message_failed || kind == EntryKind::page_failed || kind == EntryKind::page_exhausted;
}

bool is_spoken(EntryKind kind) {
  return kind == EntryKind::note || kind == EntryKind::update;
}

std::string source_name(const std::string& source) {
  return source == "muster" || source == "console" ? std::string{} : bot::integration_name(source);
}

void add_words(Html& html, const bot::Entry& entry, const bot::Entry* correction) {
  const char* tag = is_spoken(entry.kind) ? "p" : "span";
  if (!entry.text) {
    html.open(tag, {{"class", "words gone"}}).text("The words of this entry were redacted.").close();
    return;
  }
  if (correction == nullptr) {
    html.element(tag, *entry.text, {{"class", "words"}});
    return;
  }
  html.open(tag, {{"class", "words"}}).element("del", *entry.text).text(" ");
  html.element("ins", correction->text ? *correction->text : bot::kRedacted).close();
}

void add_correction_mark(Html& html, const bot::Entry& correction, const EntryContext& context) {
  html.open("small", {{"class", "meta"}});
  add_text(html, bot::amendment(correction), context.people);
  html.text(" at ");
  add_time(html, correction.recorded_at, false);
  html.close();
}

void add_sentence(Html& html, const bot::Entry& entry, const bot::Entry* correction, const EntryContext& context) {
  html.open("div", {{"class", "said"}});
  if (is_spoken(entry.kind)) {
    html.open("span", {{"class", "speaker"}});
    add_text(html, {bot::who(entry.actor)}, context.people);
    html.close();
    if (entry.kind == EntryKind::update) html.element("span", " to stakeholders", {{"class", "meta"}});
    add_words(html, entry, correction);
  } else if (correction != nullptr) {
    html.open("del");
    add_text(html, bot::narrate(entry, context.people), context.people);
    html.close();
    if (correction->kind != EntryKind::withdrawn) html.text(" ").element("ins", correction->text ? *correction->text : bot::kRedacted);
  } else {
    add_text(html, bot::narrate(entry, context.people), context.people);
  }
  if (correction != nullptr) add_correction_mark(html, *correction, context);
  const std::string source = source_name(entry.source);
  const bool named_already = entry.actor.kind != bot::ActorKind::person;
  if (!source.empty() && !named_already) html.element("small", "via " + source, {{"class", "meta"}});
  if (entry.recorded_at - entry.occurred_at >= kWorthSaying) {
    html.open("small", {{"class", "meta"}}).text("written down ");
    add_time(html, entry.recorded_at, bot::date_text(entry.recorded_at) != bot::date_text(entry.occurred_at));
    html.close();
  }
  html.close();
}

const char* kDays[] = {"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};  // 1970-01-01 was a Thursday
const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                         "July",    "August",   "September", "October", "November", "December"};

}  // namespace

const char* group_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::note:
    case EntryKind::update:
    case EntryKind::impact:
    case EntryKind::corrected:
    case EntryKind::redacted:
    case EntryKind::captured:
    case EntryKind::capture_edited:
    case EntryKind::withdrawn:
      return "talk";
    case EntryKind::declared:
    case EntryKind::role:
    case EntryKind::severity:
    case EntryKind::status:
    case EntryKind::renamed:
    case EntryKind::started:
    case EntryKind::resolved:
    case EntryKind::reopened:
    case EntryKind::closed:
    case EntryKind::cancelled:
    case EntryKind::made_private:
      return "changes";
    case EntryKind::alert_firing:
    case EntryKind::alert_resolved:
    case EntryKind::paged:
    case EntryKind::page_sent:
    case EntryKind::page_failed:
    case EntryKind::acknowledged:
    case EntryKind::page_exhausted:
    case EntryKind::page_stopped:
      return "alerts";
    case EntryKind::public_update:
    case EntryKind::public_shown:
    case EntryKind::public_delayed:
    case EntryKind::public_held:
    case EntryKind::public_failed:
    case EntryKind::public_dropped:
    case EntryKind::public_resent:
      return "public";
    case EntryKind::room_changed:
    case EntryKind::away:
    case EntryKind::mirrored:
    case EntryKind::reminded:
    case EntryKind::snoozed:
    case EntryKind::joined:
    case EntryKind::left:
    case EntryKind::room_opened:
    case EntryKind::room_failed:
    case EntryKind::room_archived:
    case EntryKind::message_failed:
      return "system";
  }
  std::abort();
}

void note_corrections(Corrections& corrections, const std::vector<bot::Entry>& entries) {
  for (const auto& entry : entries) {
    if (const auto seq = bot::amends(entry)) corrections.insert_or_assign(*seq, entry);  // the newest wins: entries come in order
  }
}

void add_entry(Html& html, const bot::Entry& entry, const bot::Entry* correction, const EntryContext& context) {
  const std::string seq = std::to_string(entry.seq), incident = "INC-" + std::to_string(entry.incident);
  const std::string id = context.name_incident ? incident + "-e" + seq : "e" + seq;
  const std::string link = context.name_incident ? "/incidents/" + incident + "#e" + seq : "#" + id;
  html.open("li", {{"id", id},
                   {"class", std::string("entry g-") + group_of(entry.kind) + " k-" + bot::to_string(entry.kind) +
                                 (is_trouble(entry.kind) ? " trouble" : "")},
                   {"data-day", bot::date_text(entry.occurred_at)}});
  html.open("a", {{"class", "at"}, {"href", link}, {"title", incident + ", entry " + seq}});
  html.element("time", bot::clock_text(entry.occurred_at), {{"datetime", bot::iso8601(entry.occurred_at)}}).close();
  html.element("span", bot::kind_word(entry.kind), {{"class", "kind"}});
  if (context.name_incident) html.element("a", incident, {{"class", "of"}, {"href", "/incidents/" + incident}});
  add_sentence(html, entry, correction, context);
  html.close();
}

void add_day(Html& html, const std::string& date) {
  std::string shown = date;
  bot::Time day{};
  if (bot::parse_iso8601(date + "T00:00:00Z", day)) {
    const auto days = std::chrono::floor<std::chrono::days>(day);
    const std::chrono::year_month_day ymd{days};
    const auto since = days.time_since_epoch().count();
    shown = std::string(kDays[((since % 7) + 7) % 7]) + " " + std::to_string(static_cast<unsigned>(ymd.day())) + " " +
            kMonths[static_cast<unsigned>(ymd.month()) - 1] + " " + std::to_string(static_cast<int>(ymd.year()));
  }
  html.open("li", {{"class", "day"}, {"data-day", date}}).element("span", shown + " · times in UTC").close();
}

void add_entries(Html& html, const std::vector<bot::Entry>& entries, const Corrections& corrections, const EntryContext& context) {
  std::string day;
  for (const auto& entry : entries) {
    const std::string date = bot::date_text(entry.occurred_at);
    if (date != day) add_day(html, date);
    day = date;
    const auto correction = context.name_incident ? corrections.end() : corrections.find(entry.seq);
    add_entry(html, entry, correction == corrections.end() ? nullptr : &correction->second, context);
  }
}

}  // namespace console
