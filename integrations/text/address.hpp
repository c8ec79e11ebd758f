// Parts of addresses, in the one way all integrations and settings read them. Pure; nothing is resolved or checked.
// Place: whoever compares hosts, or appends a path to an address from the settings.
#pragma once

#include <string>

namespace text {

/// ASCII letters lower, everything else as it is: host names, header names, words of the settings.
std::string lower(std::string text);

/// "https://user@Host:443/x?y" → "Host:443"; "127.0.0.1:8080" → itself. No user, no path.
std::string authority_of(const std::string& url_or_listen);
/// The same without the port: "Host"; brackets stay: "[::1]".
std::string host_of(const std::string& url_or_listen);
/// "https://host/x//" → "https://host/x", so that a path can be appended.
std::string without_slash(std::string url);

}  // namespace text
