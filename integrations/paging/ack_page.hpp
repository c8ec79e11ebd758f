// The small pages behind an acknowledge link: readable on a phone at night, no script, nothing from elsewhere.
// Place: drawn by the routes in ack_routes.cpp. Pure.
#pragma once

#include <string>

#include "integrations/http/server.hpp"

namespace paging {

struct AckPage {
  int status = 200;
  std::string heading;    ///< one sentence: what this is or what happened
  std::string incident;   ///< "INC-7", "" when unknown
  std::string severity, title;
  std::string detail;     ///< a second sentence, e.g. what to do instead
  bool button = false;    ///< offers "Acknowledge" (a form that posts to the same address)
};

http::Response draw(const AckPage& page);

}  // namespace paging
