#include "integrations/codec/fields.hpp"

#include "integrations/codec/codec.hpp"

namespace codec {

bot::Error damaged(const std::string& what, const std::string& why) {
  return bot::fail(bot::ErrorKind::corrupt, "A stored " + what + " cannot be read: " + why + ".");
}

bot::Result<nlohmann::json> parse_stored(const std::string& what, const std::string& text) {
  auto parsed = parse(text);
  if (!parsed) return damaged(what, "it is not valid JSON");
  if (!parsed->is_object()) return damaged(what, "it is not an object");
  const auto v = parsed->find("v");
  if (v == parsed->end() || !v->is_number_integer()) return damaged(what, "its version is missing");
  if (*v != 1) return damaged(what, "it was written by a newer Muster (version " + v->dump() + ")");
  return parsed;
}

}  // namespace codec
