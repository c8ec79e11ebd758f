// Structured log lines: an event name and fields, one JSON object per line on standard error.
// Values are strings or numbers; a Secret cannot be passed. What people must see goes to the timeline or the console, not here.
// Threads: any.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace bot {

enum class LogLevel { debug, info, warning, error };

struct LogField {
  std::string_view name;
  std::string value;
  bool number = false;
  LogField(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  LogField(std::string_view n, const char* v) : name(n), value(v) {}
  LogField(std::string_view n, std::int64_t v) : name(n), value(std::to_string(v)), number(true) {}
  LogField(std::string_view n, int v) : LogField(n, static_cast<std::int64_t>(v)) {}
};

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
/// "debug", "info", "warning", "error"; anything else leaves it unchanged and answers false.
bool set_log_level(const std::string& name);

}  // namespace bot
