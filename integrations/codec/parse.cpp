// Reading outside text. The depth is checked before the parser sees anything, so no nesting can cost stack or time.
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"

namespace codec {
namespace {

constexpr int kDeepest = 64;

/// Where the nesting first exceeds the cap; npos when it never does. Strings are skipped; wrong JSON is left to the parser.
std::size_t too_deep_at(const std::string& text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return i;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return std::string::npos;
}

bot::Error refuse(const std::string& what) { return bot::fail(bot::ErrorKind::invalid_input, what); }

bot::Error invalid(std::size_t byte) { return refuse("This is not valid JSON: reading stopped at byte " + std::to_string(byte) + "."); }

}  // namespace

bot::Result<nlohmann::json> parse(const std::string& text) {
  if (text.empty()) return refuse("The body is empty where JSON was expected.");
  if (const auto at = too_deep_at(text); at != std::string::npos)
    return refuse("The JSON is nested deeper than " + std::to_string(kDeepest) + " levels at byte " + std::to_string(at + 1) + ".");
  if (const auto nul = text.find('\0'); nul != std::string::npos) return invalid(nul + 1);  // the parser takes it for the end, whatever comes behind
  try {
    return nlohmann::json::parse(text);  // the lexer checks UTF-8
  } catch (const nlohmann::json::parse_error& e) {
    // The parser's own words quote the input, which may hold a secret.
    return invalid(e.byte);
  } catch (const nlohmann::json::exception&) {
    return refuse("This is not valid JSON: a number is too large.");
  } catch (const std::exception&) {
    return refuse("This JSON could not be read.");
  }
}

std::string dump(const nlohmann::json& value) { return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

}  // namespace codec
