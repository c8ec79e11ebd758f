// Whether a certificate and a key can be served with, said before anything listens.
// Place: the command line's check of the settings. Errors: invalid_input with words that say which file and why.
#pragma once

#include <string>

#include "bot/result.hpp"

namespace http {

/// Both are paths of PEM files.
bot::Status usable_tls(const std::string& certificate, const std::string& key);

}  // namespace http
