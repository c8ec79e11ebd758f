// The page for people: HTML that reads without a script, and only text of public updates in it.
// Place: called by site.cpp whenever something changed. Pure: the same Page gives the same bytes.
// Only home_view looks at the time; the others stay byte-equal until their own incidents change.
#pragma once

#include <string>
#include <vector>

#include "integrations/statuspage/builtin/page.hpp"

namespace statuspage::builtin {

std::string home_view(const Page& page);
std::string incident_view(const Page& page, const PublicIncident& incident);
/// Months with incidents, newest first, as "2026-11".
std::vector<std::string> history_months(const Page& page);
std::string history_view(const Page& page, const std::string& month);  ///< "" when nothing was published yet
std::string api_view(const Page& page);
std::string missing_view(const Page& page);

/// One shape and colour per state of the banner: none, minor, major, critical, maintenance.
std::string favicon(const std::string& indicator);

/// "/assets/<hash>/page.css": a changed file has another address, so it may be kept for ever.
std::string asset_path(const std::string& name);

}  // namespace statuspage::builtin
