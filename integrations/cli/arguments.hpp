// The command line: words → what main.cpp shall do. Pure: prints nothing, reads nothing.
// Place: main.cpp calls parse() first and executes the answer.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cli {

enum ExitCode : int {
  kDone = 0,
  kRefused = 1,  ///< faults in the settings, damage found, the other side said no: doing the same again changes nothing
  kUsage = 2,    ///< the command line itself was wrong
  kFailed = 3,   ///< serve ended by an error; starting again may help
};

// An empty `config` means the embedded defaults.
struct Serve { std::string config; };
struct CheckConfig { std::string config; };
struct Timeline { std::string config; std::int64_t incident = 0; bool json = false; };
struct Backup { std::string config, file; };
struct Invite { std::string config, name; };
struct SignOut { std::string config, name; };
struct Verify { std::string config; };
/// The app's manifest for Slack; `socket` decides over what the settings say.
struct SlackManifest { std::string config; bool socket = false; };
struct SlackDoctor { std::string config; };
struct MatrixRegister { std::string config, file; };
struct MatrixDoctor { std::string config; };
/// Nothing to do but print: help, version, or what was wrong with the command line.
struct Print { int code = kDone; std::string out, error; };
using Parsed = std::variant<Serve, CheckConfig, Timeline, Backup, Invite, SignOut, Verify, SlackManifest, SlackDoctor, MatrixRegister, MatrixDoctor, Print>;

Parsed parse(int argc, const char* const* argv);

/// check-config's answer. With faults one line each: `config/muster.yaml:12: unknown key "sevrities"; did you mean "severities"?`
/// (without a number when the line is 0), then how many there are. Without: "config/muster.yaml: no faults".
std::string config_report(const std::string& file, const std::vector<std::pair<int, std::string>>& faults);
/// What can be started with and will disappoint somebody, likewise: `config/muster.yaml:12: warning: …`
std::string config_warnings(const std::string& file, const std::vector<std::pair<int, std::string>>& warnings);

}  // namespace cli
