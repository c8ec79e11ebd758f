// The sections of the settings file, each read into its part of bot::Settings. What one section says about another is checked last.
// Place: called by load_text in the order below.
#pragma once

#include "bot/settings.hpp"
#include "integrations/settings/mapping.hpp"

namespace settings {

void read_server(Mapping& root, bot::Settings& out);
void read_incidents(Mapping& root, bot::Settings& out);
void read_reminders(Mapping& root, bot::Settings& out);
void read_store_and_log(Mapping& root, bot::Settings& out);
void read_api_and_console(Mapping& root, bot::Settings& out);
void read_chats(Mapping& root, bot::Settings& out);
void read_matrix(Mapping& in, bot::MatrixSettings& out);  ///< the section itself
void read_people(Mapping& root, bot::Settings& out);
void read_paging(Mapping& root, bot::Settings& out);
void read_alerts(Mapping& root, bot::Settings& out);
void read_status_pages(Mapping& root, bot::Settings& out);

/// The verbs of the commands, which settings cannot see: a severity of that name would read like one. A test holds them together.
const std::vector<std::string>& typed_first();

/// Names that must exist elsewhere, addresses that must not clash, what must not face the internet. Also marks the admins.
void check_together(bot::Settings& out, const Outside& outside, Report& report);

/// One line per value said twice: `path[i]` with the words "is here twice".
void check_unique(const std::vector<std::string>& values, const std::string& path, Report& report);
/// "x is not a severity; did you mean …"
void check_known(const std::string& value, const std::vector<std::string>& known, const std::string& path, const std::string& what, Report& report);

}  // namespace settings
