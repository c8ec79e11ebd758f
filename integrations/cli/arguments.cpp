#include "integrations/cli/arguments.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

#include "bot/incident.hpp"
#include "integrations/cli/version.hpp"

namespace cli {
namespace {

constexpr const char* kFooter =
    "\nThe first steps:\n"
    "  muster serve                            runs on the defaults: SQLite in data/, console, built-in status page\n"
    "  muster check-config --config FILE       every fault of a settings file at once\n"
    "  muster slack manifest --config FILE     the app to create in Slack; then: muster slack doctor --config FILE\n"
    "  muster serve --config FILE\n";

std::string version_text() { return std::string("muster ") + kVersion + "\n"; }

/// What the options write into while the library parses.
struct Words {
  std::string config, incident, format = "md", file, name;
  bool socket = false;
};

void add_config(CLI::App& verb, Words& words, bool required = false) {
  auto* option = verb.add_option("-c,--config", words.config, required ? "the settings file" : "the settings file; without it the embedded defaults");
  option->type_name("FILE");
  if (required) option->required();
}

CLI::App* add_verb(CLI::App& app, const char* name, const char* words) { return app.add_subcommand(name, words); }

void describe_matrix(CLI::App& app, Words& words) {
  auto* matrix = add_verb(app, "matrix", "helps to set up Matrix");
  matrix->require_subcommand(1);
  auto* registering = matrix->add_subcommand("register", "writes the file that registers Muster as an application service at the homeserver");
  registering->add_option("file", words.file, "where it goes; matrix-registration.yaml when absent")->type_name("FILE");
  add_config(*registering, words, true);
  add_config(*matrix->add_subcommand("doctor", "looks whether homeserver, account and rooms are as Muster needs them; ends with 1 if not"), words, true);
}

void describe(CLI::App& app, Words& words) {
  app.require_subcommand(1);
  app.footer(kFooter);
  app.failure_message([](const CLI::App*, const CLI::Error& e) { return std::string("muster: ") + e.what() + "\nSee muster --help.\n"; });
  app.set_version_flag("--version", version_text(), "prints the version");
  add_config(*add_verb(app, "serve", "runs Muster until it is told to stop (SIGTERM or Ctrl-C: finishes what is under way, then ends with 0)"), words);
  add_config(*add_verb(app, "check-config", "tells every fault of a settings file with its line; ends with 1 if there is any"), words, true);

  auto* timeline = add_verb(app, "timeline", "prints the timeline of one incident");
  timeline->add_option("incident", words.incident, "its name, for example INC-1")->type_name("INC-N")->required();
  timeline->add_option("--format", words.format, "md: Markdown that reads well as it is; json: every field")->type_name("md|json")->check(CLI::IsMember({"md", "json"}));
  add_config(*timeline, words);

  auto* backup = add_verb(app, "backup", "copies the database to a file, also while Muster runs, and checks the copy");
  backup->add_option("file", words.file, "where the copy goes")->type_name("FILE")->required();
  add_config(*backup, words);

  auto* invite = add_verb(app, "invite", "makes a one-time link with which a person signs in to the console; an unknown name becomes a new person");
  invite->add_option("name", words.name, "the person's id or name")->type_name("NAME")->required();
  add_config(*invite, words);

  auto* leaving = add_verb(app, "sign-out", "ends every console sign-in and unused link of a person; taking somebody out of the settings is not always enough");
  leaving->add_option("name", words.name, "the person's id or name")->type_name("NAME")->required();
  add_config(*leaving, words);

  add_config(*add_verb(app, "verify", "checks the hash chain of every timeline and that each incident is what its timeline says; ends with 1 on damage"), words);

  auto* slack = add_verb(app, "slack", "sets Slack up: manifest prints the app to create there, doctor finds what is wrong");
  slack->require_subcommand(1);
  auto* manifest = add_verb(*slack, "manifest", "prints the app's manifest for https://api.slack.com/apps, Create New App, From a manifest");
  manifest->add_flag("--socket", words.socket, "for Socket Mode: no public address is needed; without it as the settings say");
  add_config(*manifest, words);
  add_config(*add_verb(*slack, "doctor", "checks tokens, scopes, channel, secrets and clock with Slack and says what to fix; ends with 1 on faults"), words, true);
  describe_matrix(app, words);
  add_verb(app, "version", "prints the version");
}

Print usage(std::string words) { return {kUsage, "", "muster: " + std::move(words) + "\nSee muster --help.\n"}; }

/// What a verb with all it needs looks like.
std::string example(const std::string& verb) {
  static constexpr std::pair<const char*, const char*> kExamples[] = {{"check-config", "check-config --config muster.yaml"}, {"timeline", "timeline INC-1 --config muster.yaml"},
                                                                      {"backup", "backup muster-backup.db --config muster.yaml"}, {"invite", "invite alice --config muster.yaml"},
                                                                      {"slack", "slack doctor --config muster.yaml"}, {"matrix", "matrix doctor --config muster.yaml"}};
  for (const auto& [name, words] : kExamples)
    if (verb == name) return std::string("; for example: muster ") + words;
  return "";
}

Parsed chosen(const CLI::App& app, const Words& words) {
  const std::string verb = app.get_subcommands().front()->get_name();
  if (verb == "serve") return Serve{words.config};
  if (verb == "check-config") return CheckConfig{words.config};
  if (verb == "backup") return Backup{words.config, words.file};
  if (verb == "invite") return Invite{words.config, words.name};
  if (verb == "sign-out") return SignOut{words.config, words.name};
  if (verb == "verify") return Verify{words.config};
  if (verb == "slack") {
    if (app.get_subcommands().front()->get_subcommands().front()->get_name() == "doctor") return SlackDoctor{words.config};
    return SlackManifest{words.config, words.socket};
  }
  if (verb == "matrix") {
    const bool registers = app.get_subcommands().front()->got_subcommand("register");
    if (!registers) return MatrixDoctor{words.config};
    return MatrixRegister{words.config, words.file.empty() ? "matrix-registration.yaml" : words.file};
  }
  if (verb == "version") return Print{kDone, version_text(), ""};
  const auto number = bot::incident_number(words.incident);
  if (!number) return usage("\"" + words.incident + "\" is not an incident. Write it like INC-1: muster timeline INC-1");
  return Timeline{words.config, *number, words.format == "json"};
}

bool known(CLI::App& app, const std::string& verb) {
  const auto verbs = app.get_subcommands([](CLI::App*) { return true; });
  return std::any_of(verbs.begin(), verbs.end(), [&](const CLI::App* one) { return one->get_name() == verb; });
}

}  // namespace

Parsed parse(int argc, const char* const* argv) {
  Words words;
  CLI::App app("Muster, a self-hosted incident coordination bot.", "muster");
  try {
    describe(app, words);
    if (argc < 2) return Print{kUsage, "", app.help()};
    const std::string first = argv[1];
    if (!first.empty() && first[0] != '-' && !known(app, first)) return usage("there is no command \"" + first + "\".");
    app.parse(argc, argv);
    return chosen(app, words);
  } catch (const CLI::RequiredError& e) {
    return usage(std::string(e.what()) + (argc > 1 ? example(argv[1]) : "") + ".");
  } catch (const CLI::ParseError& e) {
    std::ostringstream out, error;
    const int code = app.exit(e, out, error);
    return Print{code == 0 ? kDone : kUsage, out.str(), error.str()};
  } catch (const std::exception&) {  // the library's own misuse errors
    return usage("these arguments cannot be read.");
  }
}

namespace {

std::string in_lines(const std::string& file, const char* before, const std::vector<std::pair<int, std::string>>& told) {
  std::string out;
  for (const auto& [line, message] : told) out += file + ":" + (line > 0 ? std::to_string(line) + ": " : " ") + before + message + "\n";
  return out;
}

}  // namespace

std::string config_warnings(const std::string& file, const std::vector<std::pair<int, std::string>>& warnings) { return in_lines(file, "warning: ", warnings); }

std::string config_report(const std::string& file, const std::vector<std::pair<int, std::string>>& faults) {
  const std::string out = in_lines(file, "", faults);
  if (faults.empty()) return file + ": no faults\n";
  return out + (faults.size() == 1 ? "1 fault\n" : std::to_string(faults.size()) + " faults\n");
}

}  // namespace cli
