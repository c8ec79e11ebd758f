// The command grammar: any text is an invocation or a sentence, never a crash, and free text never keeps a mention.
#include <cstdlib>
#include <string>

#include "commands/table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto table = commands::make_table();
  static const bot::Settings settings;
  static const bot::People people;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = table->parse(text, settings, people);
  if (!parsed && parsed.error().message.empty()) std::abort();
  if (parsed && parsed->verb.empty()) std::abort();
  return 0;
}
