// Compresses once what is served many times.
#pragma once

#include <string>

namespace statuspage::builtin {

/// RFC 1952 bytes at the highest level, without a time or name inside: equal input gives equal output. "" when zlib fails (out of memory).
std::string gzip(const std::string& bytes);

}  // namespace statuspage::builtin
