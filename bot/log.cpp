#include "bot/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace bot {
namespace {

/// JSON string content: quotes, backslashes and control characters escaped; other bytes as they are.
void append_escaped(std::string& out, std::string_view raw) {
  static constexpr char digits[] = "0123456789abcdef";
  for (const char c : raw) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7f) {
      out += "\\u00";
      out += digits[u >> 4];
      out += digits[u & 15];
    } else {
      out += c;
    }
  }
}

spdlog::logger& logger() {
  // The only shared state of the module: spdlog's own, thread-safe. Never destroyed: a thread that is being stopped at the process's end may have
  // a last word, whoever wrote the first.
  static spdlog::logger* const instance = [] {
    auto* l = new spdlog::logger("muster", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    l->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc);
    l->flush_on(spdlog::level::info);
    return l;
  }();
  return *instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  auto& l = logger();
  if (!l.should_log(level_of(level))) return;
  std::string line = "\"event\":\"";
  append_escaped(line, event);
  line += '"';
  for (const auto& f : fields) {
    line += ",\"";
    append_escaped(line, f.name);
    line += "\":";
    if (f.number) {
      line += f.value;
    } else {
      line += '"';
      append_escaped(line, f.value);
      line += '"';
    }
  }
  l.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

bool set_log_level(const std::string& name) {
  for (const auto& [word, level] : {std::pair{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warning", LogLevel::warning}, {"error", LogLevel::error}})
    if (name == word) {
      logger().set_level(level_of(level));
      return true;
    }
  return false;
}

}  // namespace bot
