// Stored and outside JSON: any bytes decode or answer an error; what was encoded decodes to the same.
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "integrations/codec/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (auto parsed = codec::parse(text)) {
    auto again = codec::parse(codec::dump(*parsed));
    if (!again || text.find('\0') != std::string::npos) std::abort();
  }
  if (auto incident = codec::decode_incident(text)) {
    auto again = codec::decode_incident(codec::encode(*incident));
    if (!again || !(*again == *incident)) std::abort();
  }
  (void)codec::decode_reply(text);
  (void)codec::decode_facts(text);
  (void)codec::decode_person(text);
  for (const char* kind : {"open_room", "set_topic", "invite", "say", "announce", "public_update", "page"}) (void)codec::decode_content(kind, text);
  return 0;
}
