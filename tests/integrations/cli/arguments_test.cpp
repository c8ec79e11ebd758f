// Words → verbs, and what is said when they make none.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "integrations/cli/arguments.hpp"
#include "integrations/cli/version.hpp"

namespace {

cli::Parsed parse(std::vector<const char*> words) {
  words.insert(words.begin(), "muster");
  return cli::parse(static_cast<int>(words.size()), words.data());
}

template <class T>
T as(const cli::Parsed& parsed) {
  if (const auto* print = std::get_if<cli::Print>(&parsed)) UNSCOPED_INFO(print->error);
  REQUIRE(std::holds_alternative<T>(parsed));
  return std::get<T>(parsed);
}

cli::Print usage_error(std::vector<const char*> words) {
  auto print = as<cli::Print>(parse(std::move(words)));
  CHECK(print.code == cli::kUsage);
  CHECK(print.out.empty());
  CHECK_FALSE(print.error.empty());
  return print;
}

}  // namespace

TEST_CASE("each verb is read with its arguments") {
  CHECK(as<cli::Serve>(parse({"serve"})).config.empty());
  CHECK(as<cli::Serve>(parse({"serve", "--config", "a.yaml"})).config == "a.yaml");
  CHECK(as<cli::Serve>(parse({"serve", "-c", "a.yaml"})).config == "a.yaml");
  CHECK(as<cli::CheckConfig>(parse({"check-config", "--config=a.yaml"})).config == "a.yaml");
  const auto timeline = as<cli::Timeline>(parse({"timeline", "INC-12", "--config", "a.yaml"}));
  CHECK(timeline.incident == 12);
  CHECK(timeline.config == "a.yaml");
  CHECK_FALSE(timeline.json);
  CHECK(as<cli::Timeline>(parse({"timeline", "--format", "json", "inc-3"})).json);
  const auto backup = as<cli::Backup>(parse({"backup", "/tmp/x.db", "--config", "a.yaml"}));
  CHECK(backup.file == "/tmp/x.db");
  CHECK(backup.config == "a.yaml");
  CHECK(as<cli::Invite>(parse({"invite", "Dana Doe", "--config", "a.yaml"})).name == "Dana Doe");
  CHECK(as<cli::SignOut>(parse({"sign-out", "Dana Doe", "--config", "a.yaml"})).name == "Dana Doe");
  CHECK(as<cli::SignOut>(parse({"sign-out", "bob", "--config", "a.yaml"})).config == "a.yaml");
  CHECK(as<cli::Verify>(parse({"verify", "--config", "a.yaml"})).config == "a.yaml");
  CHECK(as<cli::SlackManifest>(parse({"slack", "manifest", "--socket", "-c", "a.yaml"})).socket);
  CHECK_FALSE(as<cli::SlackManifest>(parse({"slack", "manifest"})).socket);
  CHECK(as<cli::SlackDoctor>(parse({"slack", "doctor", "--config", "a.yaml"})).config == "a.yaml");
  usage_error({"slack"});
  usage_error({"slack", "doctor"});
  usage_error({"slack", "cure"});
}

TEST_CASE("help and version are printed and end well") {
  for (const auto& words : std::vector<std::vector<const char*>>{{"--help"}, {"-h"}, {"serve", "--help"}, {"timeline", "--help"}}) {
    const auto print = as<cli::Print>(parse(words));
    CHECK(print.code == cli::kDone);
    CHECK(print.error.empty());
    CHECK_FALSE(print.out.empty());
  }
  const auto help = as<cli::Print>(parse({"--help"})).out;
  for (const char* verb : {"serve", "check-config", "timeline", "backup", "invite", "sign-out", "verify", "slack", "version"}) CHECK(help.find(verb) != std::string::npos);
  CHECK(as<cli::Print>(parse({"version"})).out == std::string("muster ") + cli::kVersion + "\n");
  CHECK(as<cli::Print>(parse({"--version"})).out.find(cli::kVersion) != std::string::npos);
}

TEST_CASE("a wrong command line is told on the error stream with code 2") {
  CHECK(usage_error({}).error.find("serve") != std::string::npos);
  CHECK(usage_error({"sreve"}).error.find("there is no command \"sreve\"") != std::string::npos);
  CHECK(usage_error({"check-config"}).error.find("--config") != std::string::npos);
  CHECK(usage_error({"timeline"}).error == "muster: incident is required; for example: muster timeline INC-1 --config muster.yaml.\nSee muster --help.\n");
  CHECK(usage_error({"backup"}).error.find("file is required; for example: muster backup muster-backup.db") != std::string::npos);
  CHECK(usage_error({"slack"}).error.find("muster slack doctor") != std::string::npos);
  CHECK(usage_error({"timeline", "nine"}).error.find("INC-1") != std::string::npos);
  usage_error({"timeline", "INC-1", "--format", "pdf"});
  usage_error({"serve", "extra"});
  usage_error({"serve", "--confg", "x"});
  usage_error({"backup"});
  usage_error({"invite"});
  usage_error({"sign-out"});
  usage_error({"--nothing"});
  usage_error({"serve", "verify"});
}

TEST_CASE("faults are one line each, with file and line") {
  CHECK(cli::config_report("config/muster.yaml", {{12, "unknown key \"sevrities\"; did you mean \"severities\"?"}}) ==
        "config/muster.yaml:12: unknown key \"sevrities\"; did you mean \"severities\"?\n1 fault\n");
  CHECK(cli::config_report("a", {{0, "x"}, {3, "y"}}) == "a: x\na:3: y\n2 faults\n");
  CHECK(cli::config_report("a", {}) == "a: no faults\n");
  CHECK(cli::config_warnings("a", {{0, "x"}, {3, "y"}}) == "a: warning: x\na:3: warning: y\n");
}

TEST_CASE("the version is that of the build files") {
  std::ifstream in(std::string(MUSTER_SOURCE_DIR) + "/CMakeLists.txt");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  CHECK(text.find(std::string("project(muster VERSION ") + cli::kVersion + " ") != std::string::npos);
}
