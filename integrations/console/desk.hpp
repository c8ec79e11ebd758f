// What a signed-in person sees: reads the store and draws list, card, banner and stream. Pages and the live stream use the same drawings.
// Place: routes.cpp for whole pages, live.cpp for what changed. Never reads more than a page of anything.
// Threads: any; each call works on its own Look.
#pragma once

#include <functional>
#include <map>

#include "bot/store.hpp"
#include "integrations/console/door.hpp"
#include "integrations/console/entry_html.hpp"
#include "integrations/console/incident_html.hpp"

namespace console {

/// Something that those who are signed in can have mended, said above everything.
struct Notice {
  std::string heading;  ///< "Storage problem."
  std::string words;    ///< sentences
};

/// What one round of drawing has read so far, so that nothing is read twice.
struct Look {
  std::optional<std::vector<bot::Incident>> open;
  std::optional<std::vector<bot::QueuedMessage>> troubled;
  std::map<std::int64_t, std::optional<bot::Incident>> incidents;
};

class Desk {
 public:
  static constexpr int kPage = 200;    ///< entries on a page
  static constexpr int kRecent = 100;  ///< entries of all incidents on the first page

  Desk(bot::Reader& reader, const bot::Settings& settings, bot::People& people, bot::Env env, const std::vector<VerbHint>& verbs,
       std::function<std::vector<Notice>()> notices);

  bool sees(const Visitor& visitor, const bot::Incident& incident) const;
  /// The incident when it exists and the visitor may see it.
  bot::Result<std::optional<bot::Incident>> incident(Look& look, const Visitor& visitor, std::int64_t number);

  // Fragments; each is the inside of one element of the page.
  bot::Result<text::Html> list(Look& look, const Visitor& visitor, std::int64_t current);
  text::Html card(const Visitor& visitor, const bot::Incident& incident);
  text::Html headline(const Visitor& visitor, const bot::Incident& incident);
  struct Needs {
    text::Html html;
    std::size_t count = 0;
  };
  bot::Result<Needs> attention(Look& look, const Visitor& visitor);
  bot::Result<text::Html> banner(Look& look, const Visitor& visitor);
  text::Html reply(const Visitor& visitor, const bot::Card& card, std::int64_t incident);

  struct StreamPage {
    text::Html html;
    std::int64_t first_seq = 0, last_seq = 0;
    std::size_t shown = 0;
  };
  /// Entries before `before` (0: the newest); at most kPage.
  bot::Result<StreamPage> stream(const bot::Incident& incident, std::int64_t before);
  /// The newest entries of everything the visitor may see.
  bot::Result<StreamPage> recent(Look& look, const Visitor& visitor, std::int64_t position);
  struct Archive {
    std::vector<bot::Incident> visible;
    std::int64_t older = 0;
  };  ///< older: the next page's `before`; 0 = this is the last
  bot::Result<Archive> archive(const Visitor& visitor, std::int64_t before, int limit);
  text::Html rows(const Visitor& visitor, const std::vector<bot::Incident>& incidents);

  bot::Reader& reader() { return reader_; }
  const bot::People& people() const { return people_; }
  const bot::Settings& settings() const { return settings_; }
  const std::vector<VerbHint>& verbs() const { return verbs_; }
  bot::Env env() { return env_; }

 private:
  FormContext form(const Visitor& visitor, std::int64_t incident);
  bot::Status read_open(Look& look);
  bot::Status add_troubles(text::Html& html, Look& look, const Visitor& visitor);
  bot::Reader& reader_;
  const bot::Settings& settings_;
  bot::People& people_;
  bot::Env env_;
  const std::vector<VerbHint>& verbs_;
  std::function<std::vector<Notice>()> notices_;
};

}  // namespace console
