// The frame around every console page: head, policy headers, top bar; and the plain pages that only say something.
// Place: used by the console's routes. Pure.
#pragma once

#include "integrations/console/assets.hpp"
#include "integrations/console/door.hpp"
#include "integrations/text/html.hpp"

namespace console {

/// Adds Content-Security-Policy and the other headers that every page carries; nothing of it may be kept by caches.
http::Response with_policy(http::Response response);

class Shell {
 public:
  explicit Shell(const Assets& assets) : assets_(assets) {}

  /// Doctype to the opened <body>, left open. `visitor` null: signed out.
  void begin(text::Html& page, const std::string& title, const Visitor* visitor, std::int64_t incident, std::int64_t position,
             bool live) const;
  void end(text::Html& page) const;

  /// A page of its own with a heading and `inside`.
  http::Response plain(int status, const std::string& heading, const text::Html& inside) const;
  http::Response say(int status, const std::string& heading, const std::string& sentence) const;
  /// How to get in, for somebody without a session.
  http::Response how_to_get_in(int status) const;
  /// Comes back to `target` by itself, now from our own page, so that the browser sends the cookie.
  http::Response come_again(const std::string& target) const;

 private:
  void head(text::Html& page, const std::string& title, bool script) const;
  const Assets& assets_;
};

}  // namespace console
