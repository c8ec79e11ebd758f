// What the views share: the frame around a page, icons, times, update texts.
// Place: inside this folder only.
#pragma once

#include "integrations/statuspage/builtin/view.hpp"
#include "integrations/text/html.hpp"

namespace statuspage::builtin {

struct Frame {
  std::string title;        ///< of the browser's tab
  std::string description;  ///< for link previews; "" = none
  bool live = false;        ///< shows when it was made and warns when that is long ago
};
std::string framed(const Page& page, const Frame& frame, const text::Html& main);

/// A decorative mark; the word beside it says the same.
void add_icon(text::Html& h, ComponentState state);
void add_state(text::Html& h, ComponentState state);                       ///< mark and word
void add_time(text::Html& h, bot::Time t, const std::string& utc_words);   ///< localised by the script
void add_words(text::Html& h, const std::string& body);                    ///< paragraphs and line breaks
void add_affected(text::Html& h, const Page& page, const PublicIncident& incident);  ///< each component it touches, with what it says of it now
void add_update(text::Html& h, const Update& update, const std::string& when_words, bool anchored, const std::string& changed = "");
std::string incident_path(const PublicIncident& incident);
/// How the incident is drawn: by the worst of what it still holds, by its impact when that is nothing.
ComponentState face_of(const PublicIncident& incident);
/// "14:02 to 14:51 UTC" in words with its duration; open ones "Since". `goes_on`: words stand before it.
void add_span(text::Html& h, const PublicIncident& incident, bool goes_on = false);

}  // namespace statuspage::builtin
