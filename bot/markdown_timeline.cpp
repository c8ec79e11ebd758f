// The exported timeline. One list item per entry; what people wrote can neither format nor break the page.
#include "bot/narrate.hpp"
#include "bot/plain.hpp"

namespace bot {
namespace {

bool word_byte(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0; }

/// For use inside a line that already began with our own words, so marks that count only at a line's start stay as they are.
void escape_into(std::string& out, const std::string& raw) {
  const std::string text = clean(raw, true);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '_':  // only at a word's edge can it mean emphasis
        if (i == 0 || i + 1 == text.size() || !word_byte(text[i - 1]) || !word_byte(text[i + 1])) out += '\\';
        out += c;
        break;
      case '\\':
      case '`':
      case '*':
      case '[':
      case ']':
      case '~':
      case '|': out += '\\'; [[fallthrough]];
      default: out += c;
    }
  }
}

std::string escaped(const std::string& raw) {
  std::string out;
  out.reserve(raw.size() + 8);
  // clean() trims; the blanks between our spans must stay.
  if (!raw.empty() && raw.front() == ' ') out += ' ';
  escape_into(out, raw);
  if (raw.size() > 1 && raw.back() == ' ' && out != " ") out += ' ';
  return out;
}

/// Only an address that cannot end the link early.
bool linkable(const std::string& url) {
  if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0) return false;
  return url.find_first_of(" <>()[]\"'`\\\r\n\t") == std::string::npos;
}

std::string markdown(const Text& text, const People& people) {
  std::string out;
  for (const auto& span : text) {
    if (span.kind == SpanKind::link && linkable(span.value)) out += "[" + escaped(span.label) + "](" + span.value + ")";
    else if (span.kind == SpanKind::link) out += escaped(span.label);
    else out += escaped(plain_text({span}, people));
  }
  return out;
}

/// The sentence with other words in place of the entry's own.
std::string with_words(const Entry& entry, const std::string& words, const People& people) {
  Entry other = entry;
  other.text = words;
  std::erase_if(other.facts, [](const auto& f) { return f.first == "titled"; });  // a correction has no title of its own
  return markdown(narrate(other, people), people);
}

std::string own_words(const Entry& entry) {
  return (entry.kind == EntryKind::public_update ? public_words(entry).body : entry.text).value_or(kRedacted);
}

void time_line(std::string& out, const char* label, Time t) { out += std::string("- ") + label + ": " + date_text(t) + " " + clock_text(t) + " UTC\n"; }

bool has_words(const Entry& entry) { return !entry.text || !entry.text->empty(); }

}  // namespace

MarkdownTimeline::MarkdownTimeline(const Incident& incident, const People& people) : incident_(incident), people_(people) {}

std::string MarkdownTimeline::head() const {
  std::string out = "# " + incident_.name() + " " + escaped(incident_.title) + "\n\n";
  out += "- Severity: " + escaped(incident_.severity) + "\n- Status: ";
  out += incident_.takes_changes() ? escaped(state_name(incident_.status)) : std::string(to_string(incident_.phase));
  out += "\n";
  if (incident_.is_drill) out += "- Drill: yes\n";
  if (incident_.is_private) out += "- Private: yes\n";
  for (const auto& [role, person] : incident_.roles) out += "- " + escaped(state_name(role)) + ": " + escaped("@" + people_.name_of(person)) + "\n";
  if (!incident_.impact.empty()) out += "- Impact: " + escaped(incident_.impact) + "\n";
  if (incident_.started) time_line(out, "Started", *incident_.started);
  if (incident_.detected) time_line(out, "Detected", *incident_.detected);
  time_line(out, "Declared", incident_.declared);
  if (incident_.resolved) time_line(out, "Resolved", *incident_.resolved);
  if (incident_.closed) time_line(out, incident_.phase == Phase::cancelled ? "Cancelled" : "Closed", *incident_.closed);
  return out + "\nTimes are UTC.\n";
}

void MarkdownTimeline::expect(const std::vector<Entry>& entries) {
  for (const auto& entry : entries) {
    if (const auto of = amends(entry))
      corrections_[*of] = Correction{entry.kind == EntryKind::withdrawn, entry.text.value_or(kRedacted), amendment(entry), entry.recorded_at};
  }
}

std::string MarkdownTimeline::line(const Entry& entry) const {
  std::string kind = kind_word(entry.kind);
  kind.resize(std::max<std::size_t>(kind.size(), 9), ' ');
  std::string number = std::to_string(entry.seq);
  number.insert(0, number.size() < 3 ? 3 - number.size() : 0, ' ');
  // Code keeps the columns where Markdown is drawn; the number is what `correct` and `redact` take.
  std::string out = "- `" + number + "  " + clock_text(entry.occurred_at) + "  " + kind + "` ";
  const auto it = corrections_.find(entry.seq);
  if (it == corrections_.end() || !has_words(entry)) {
    out += markdown(narrate(entry, people_), people_);
  } else {
    const Correction& right = it->second;
    if (right.withdrawn) out += "~~" + markdown(narrate(entry, people_), people_) + "~~ (";
    else out += with_words(entry, right.text, people_) + " ~~" + escaped(own_words(entry)) + "~~ (";
    out += markdown(right.how, people_) + ", " + date_text(right.at) + " " + clock_text(right.at) + " UTC)";
  }
  return out + "\n";
}

std::string MarkdownTimeline::lines(const std::vector<Entry>& entries) {
  expect(entries);
  std::string out;
  out.reserve(entries.size() * 96);
  for (const auto& entry : entries) {
    const std::string day = date_text(entry.occurred_at);
    if (day != day_) {
      out += "\n## " + day + "\n\n";
      day_ = day;
    }
    out += line(entry);
  }
  return out;
}

}  // namespace bot
