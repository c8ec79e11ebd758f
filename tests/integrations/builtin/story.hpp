// Public updates as the store would answer them, written in one line each.
#pragma once

#include <catch2/catch.hpp>

#include <memory>

#include "bot/mutex.hpp"
#include "bot/store.hpp"
#include "integrations/statuspage/builtin/page.hpp"
#include "tests/support/fake_env.hpp"

namespace builtin_tests {

using bot::Millis;
using namespace std::chrono_literals;

/// A Reader that knows public updates and nothing else: whatever else the page asked for would be empty.
class Story : public bot::Reader {
 public:
  std::vector<bot::Entry> entries;  ///< read by the page's own thread, once there is one: changed under the lock then
  std::unique_ptr<bot::Mutex> mutex = std::make_unique<bot::Mutex>();
  bool broken = false;
  std::map<std::string, std::string> kept;      ///< adapter state
  std::optional<bot::Incident> first_incident;  ///< INC-1
  bot::Time at{Millis{1795448538000}};  ///< of the next entry; 2026-11-23T15:42:18Z

  bot::Entry& add(std::int64_t incident, const std::string& state, const std::string& text, bot::Facts components = {},
                  const std::string& title = "Problems with API", const std::string& pages = "public") {
    const bot::Lock lock(*mutex);
    bot::Entry e;
    e.incident = incident;
    e.kind = bot::EntryKind::public_update;
    e.recorded_at = e.occurred_at = at;
    e.position = static_cast<std::int64_t>(entries.size()) + 1;
    e.facts = {{"op", "op" + std::to_string(entries.size() + 1)}, {"state", state}, {"title", title}, {"pages", pages}};
    for (auto& [id, component_state] : components) e.facts.emplace_back("component:" + id, component_state);
    e.text = text;
    e.actor.id = "alice-internal";
    entries.push_back(e);
    return entries.back();
  }
  /// From now on the disk does not answer, or does again.
  void breaks(bool now) {
    const bot::Lock lock(*mutex);
    broken = now;
  }
  Story& after(Millis wait) {
    at += wait;
    return *this;
  }

  bot::Result<std::vector<bot::Entry>> public_updates(int) override {
    const bot::Lock lock(*mutex);
    if (broken) return bot::fail(bot::ErrorKind::unavailable, "The disk does not answer.");
    return entries;
  }
  bot::Result<std::optional<bot::Incident>> incident(std::int64_t n) override { return n == 1 ? first_incident : std::optional<bot::Incident>{}; }
  bot::Result<std::vector<bot::Incident>> incidents(const bot::IncidentFilter&) override { return std::vector<bot::Incident>{}; }
  bot::Result<std::vector<bot::Entry>> timeline(std::int64_t, std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::vector<bot::Entry>> stream(std::int64_t, int) override { return std::vector<bot::Entry>{}; }
  bot::Result<std::int64_t> last_position() override { return std::int64_t{0}; }
  bot::Result<std::optional<std::int64_t>> incident_of(const bot::RoomKey&) override { return std::optional<std::int64_t>{}; }
  bot::Result<std::vector<bot::Reference>> references(std::int64_t, const std::string&) override { return std::vector<bot::Reference>{}; }
  bot::Result<std::vector<bot::QueuedMessage>> troubled(int) override { return std::vector<bot::QueuedMessage>{}; }
  bot::Result<std::vector<bot::OutboxCount>> outbox_counts() override { return std::vector<bot::OutboxCount>{}; }
  bot::Result<std::vector<bot::Person>> people() override { return std::vector<bot::Person>{}; }
  bot::Result<std::optional<std::string>> adapter_state(const std::string& key) override {
    const auto it = kept.find(key);
    return it == kept.end() ? std::optional<std::string>{} : std::optional<std::string>{it->second};
  }
};

inline statuspage::builtin::Page page_of(const Story& story, Millis later = 0ms) {
  statuspage::builtin::Page page;
  page.id = "0123456789ab";
  page.title = "Example";
  page.url = "https://status.example.org";
  page.components = {{"api", "API", ""}, {"web", "Website", "Shop and account"}};
  page.known_since = bot::Time{Millis{1780000000000}};  // longer ago than the page draws
  page.incidents = statuspage::builtin::public_incidents(story.entries, "public", page.components);
  page.generated = story.at + later;
  return page;
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Empty when `xml` is well formed as far as this page's documents go: one root, tags nested, attributes quoted, references known,
/// no raw < or & and no forbidden control. Otherwise what is wrong.
std::string xml_fault(const std::string& xml);

}  // namespace builtin_tests
