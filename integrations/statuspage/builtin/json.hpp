// The read API of Atlassian Statuspage (version 2), the format every status reader already knows. Pure.
// Source: the public pages' /api and two published clients; field list and decisions are in tests/integrations/builtin.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "integrations/statuspage/builtin/page.hpp"

namespace statuspage::builtin {

/// (path, JSON text) of the eight endpoints.
std::vector<std::pair<std::string, std::string>> api_documents(const Page& page);

}  // namespace statuspage::builtin
