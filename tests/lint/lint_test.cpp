// The rules of the house that a compiler does not check: who includes whom, and which names stay in which room.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Line { std::string file; int number = 0; std::string text; };

std::string where(const Line& l) { return l.file + ":" + std::to_string(l.number) + ": " + l.text; }

std::vector<Line> lines_below(const std::vector<std::string>& folders) {
  std::vector<Line> out;
  const fs::path root = MUSTER_SOURCE_DIR;
  for (const auto& folder : folders)
    for (const auto& item : fs::recursive_directory_iterator(root / folder)) {
      const auto ext = item.path().extension();
      if (ext != ".cpp" && ext != ".hpp") continue;
      std::ifstream in(item.path());
      std::string text;
      for (int n = 1; std::getline(in, text); ++n) {
        const auto comment = text.find("//");
        if (comment != std::string::npos && text.find('"') > comment) text.resize(comment);
        out.push_back({fs::relative(item.path(), root).generic_string(), n, text});
      }
    }
  return out;
}

const std::vector<Line>& product() {
  static const std::vector<Line> all = lines_below({"bot", "commands", "integrations"});
  return all;
}

/// The folder that counts as one room: "bot", "commands", "integrations/slack", "integrations/statuspage/builtin".
std::string room_of(const std::string& path) {
  if (path.rfind("integrations/", 0) != 0) return path.substr(0, path.find('/'));
  const auto slash = path.rfind('/');
  return path.substr(0, slash);
}

std::string included(const std::string& text) {
  const auto at = text.find("#include \"");
  if (at == std::string::npos) return "";
  const auto begin = at + 10;
  return text.substr(begin, text.find('"', begin) - begin);
}

bool starts(const std::string& s, const std::string& with) { return s.rfind(with, 0) == 0; }

}  // namespace

TEST_CASE("commands and integrations see bot and not each other, bot sees neither") {
  for (const auto& l : product()) {
    const std::string inc = included(l.text);
    if (inc.empty() || starts(l.file, "bot/main")) continue;
    const std::string room = room_of(l.file);
    INFO(where(l));
    if (room == "bot") CHECK((starts(inc, "bot/")));
    if (room == "commands") CHECK((starts(inc, "bot/") || starts(inc, "commands/")));
    if (starts(room, "integrations/")) CHECK_FALSE(starts(inc, "commands/"));
  }
}

TEST_CASE("an integration sees http, codec, text and its own files, never another vendor") {
  const std::set<std::string> shared{"integrations/http", "integrations/codec", "integrations/text"};
  for (const auto& l : product()) {
    const std::string inc = included(l.text);
    if (!starts(inc, "integrations/") || starts(l.file, "bot/main")) continue;
    INFO(where(l));
    const std::string target = room_of(inc);
    CHECK((target == room_of(l.file) || shared.count(target) == 1));
  }
}

TEST_CASE("time, sleep and chance come from bot/env alone") {
  const std::vector<std::string> banned{"system_clock::now", "steady_clock::now", "high_resolution_clock", "sleep_for", "sleep_until", "usleep(", "std::rand",
                                        "random_device", "mt19937", "gettimeofday", "clock_gettime", "std::time(", "getrandom("};
  for (const auto& l : product()) {
    if (l.file == "bot/env.cpp") continue;
    for (const auto& word : banned) {
      INFO(where(l));
      // Beast's deadlines are timers of the event loop, not decisions; they stay inside the HTTP room.
      if (starts(l.file, "integrations/http/") && word == "steady_clock::now") continue;
      CHECK(l.text.find(word) == std::string::npos);
    }
  }
}

TEST_CASE("each library stays in its room") {
  struct Rule { std::string word; std::vector<std::string> rooms; bool headers_too; };
  const std::vector<Rule> rules{
      {"<cpprest/", {"integrations/http/"}, false}, {"pplx::", {"integrations/http/"}, false},      {"<boost/", {"integrations/http/"}, true},
      {"boost::", {"integrations/http/"}, true},   {"<SQLiteCpp", {"integrations/storage/"}, true}, {"sqlite3_", {"integrations/storage/"}, true},
      {"nlohmann", {"integrations/"}, true},        {"YAML::", {"integrations/settings/"}, true},    {"prometheus::", {"integrations/metrics/"}, true},
      {"CLI::", {"integrations/cli/"}, true},       {"spdlog::", {"bot/log.cpp"}, true}};
  for (const auto& l : product())
    for (const auto& rule : rules) {
      if (l.text.find(rule.word) == std::string::npos) continue;
      bool at_home = false;
      for (const auto& room : rule.rooms) at_home |= starts(l.file, room);
      at_home |= rule.word == "nlohmann" && starts(l.file, "bot/main");  // the composition root speaks to the control socket
      INFO(where(l));
      CHECK(at_home);
      if (!rule.headers_too) CHECK(l.file.substr(l.file.size() - 4) == ".cpp");
    }
}

TEST_CASE("other rooms see of HTTP only its interface, which names no library") {
  const std::set<std::string> interface{"integrations/http/server.hpp", "integrations/http/client.hpp", "integrations/http/signature.hpp", "integrations/http/rate_limiter.hpp",
                                        "integrations/http/websocket.hpp", "integrations/http/long_poll.hpp", "integrations/http/tls_check.hpp"};
  for (const auto& l : product()) {
    const std::string inc = included(l.text);
    INFO(where(l));
    if (interface.count(l.file) == 1) CHECK(l.text.find("boost") == std::string::npos);
    if (starts(inc, "integrations/http/") && room_of(l.file) != "integrations/http") CHECK(interface.count(inc) == 1);
  }
}

TEST_CASE("transactions never begin deferred") {
  for (const auto& l : product()) {
    if (!starts(l.file, "integrations/storage/") || l.file == "integrations/storage/verify.cpp") continue;  // verify only reads
    INFO(where(l));
    CHECK(l.text.find("\"BEGIN\"") == std::string::npos);
    CHECK(l.text.find("\"BEGIN;\"") == std::string::npos);
    CHECK(l.text.find("\"BEGIN DEFERRED") == std::string::npos);
  }
}

TEST_CASE("the first lines of every header say what it is for") {
  const fs::path root = MUSTER_SOURCE_DIR;
  for (const char* folder : {"bot", "commands", "integrations"})
    for (const auto& item : fs::recursive_directory_iterator(root / folder)) {
      if (item.path().extension() != ".hpp") continue;
      std::ifstream in(item.path());
      std::string first;
      std::getline(in, first);
      INFO(item.path().string());
      CHECK(starts(first, "// "));
    }
}
