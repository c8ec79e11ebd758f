// Settings: any bytes give settings or faults with words; a secret's value never shows in a fault.
#include <cstdlib>
#include <string>

#include "integrations/settings/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string secret = "fuzz-secret-value-0123456789";
  bool given = false;  // else it can only be the file's own word
  const settings::Outside outside{[&](const std::string& name) {
                                    given |= name == "SECRET";
                                    return name == "SECRET" ? std::optional<std::string>(secret) : std::nullopt;
                                  },
                                  [&](const std::string&) -> bot::Result<std::string> {
                                    given = true;
                                    return secret;
                                  }};
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find("fuzz-secret") != std::string::npos) return 0;  // the file's own word again, whole or in pieces
  const auto loaded = settings::load_text(text, outside);
  for (const auto& fault : loaded.faults) {
    if (fault.message.empty()) std::abort();
    if (given && fault.message.find(secret) != std::string::npos) std::abort();
  }
  return 0;
}
