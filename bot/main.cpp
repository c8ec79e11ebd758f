// The command line: settings, then one verb. `serve` is in main_serve.cpp; the short verbs are here.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bot/main_matrix.hpp"
#include "bot/main_serve.hpp"
#include "bot/narrate.hpp"
#include "integrations/cli/arguments.hpp"
#include "integrations/cli/control_socket.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/http/client.hpp"
#include "integrations/http/websocket.hpp"
#include "integrations/settings/load.hpp"
#include "integrations/slack/doctor.hpp"
#include "integrations/slack/manifest.hpp"
#include "integrations/storage/open_store.hpp"

namespace {

using bot::Error;

constexpr int kInviteMinutes = 24 * 60;
constexpr int kPage = 1000;

int refuse(const Error& error) {
  std::cerr << "muster: " << error.message << "\n";
  return cli::kRefused;
}

settings::Loaded load(const std::string& file) {
  if (file.empty()) return {settings::defaults(), {}};
  return settings::load_file(file, settings::process_outside());
}

std::string report(const std::string& file, const std::vector<settings::Fault>& faults) {
  std::vector<std::pair<int, std::string>> lines;
  for (const auto& f : faults) lines.emplace_back(f.line, f.message);
  return cli::config_report(file.empty() ? "the embedded defaults" : file, lines);
}

/// Settings without a fault, or nothing after saying what is wrong.
std::optional<bot::Settings> good_settings(const std::string& file) {
  auto loaded = load(file);
  if (loaded.faults.empty()) return std::move(loaded.settings);
  std::cerr << report(file, loaded.faults);
  return std::nullopt;
}

struct System {
  std::unique_ptr<bot::Clock> clock = bot::system_clock();
  std::unique_ptr<bot::Random> random = bot::system_random();
  std::unique_ptr<bot::IdSource> ids = bot::system_ids(*clock, *random);
  bot::Env env() { return {*clock, *ids, *random}; }
};

int run(const cli::Print& verb) {
  std::cout << verb.out;
  std::cerr << verb.error;
  return verb.code;
}

int run(const cli::Serve& verb) {
  const auto settings = good_settings(verb.config);
  return settings ? bot::serve(*settings) : int{cli::kRefused};
}

int run(const cli::CheckConfig& verb) {
  const auto loaded = load(verb.config);
  (loaded.faults.empty() ? std::cout : std::cerr) << report(verb.config, loaded.faults);
  return loaded.faults.empty() ? cli::kDone : cli::kRefused;
}

void learn(bot::People& people, const bot::Settings& settings, bot::Reader& reader) {
  if (auto stored = reader.people())
    for (const auto& person : *stored) people.put(person);
  for (const auto& person : settings.people) people.put(person);
}

/// Calls `each` with the timeline's entries, a page at a time.
template <class Each>
bot::Status pages(bot::Reader& reader, std::int64_t incident, Each each) {
  for (std::int64_t after = 0;;) {
    auto page = reader.timeline(incident, after, kPage);
    if (!page) return page.error();
    if (page->empty()) return bot::Done{};
    after = page->back().seq;
    each(*page);
  }
}

int run(const cli::Timeline& verb) {
  const auto settings = good_settings(verb.config);
  if (!settings) return cli::kRefused;
  System system;
  auto opened = storage::open_for_reading(settings->store_url, system.env());
  if (!opened) return refuse(opened.error());
  bot::Reader& reader = (*opened)->reader();
  bot::People people;
  learn(people, *settings, reader);
  auto incident = reader.incident(verb.incident);
  if (!incident) return refuse(incident.error());
  if (!*incident) return refuse(bot::fail(bot::ErrorKind::not_found, "There is no INC-" + std::to_string(verb.incident) + "."));
  bot::Status done = bot::Done{};
  if (verb.json) {
    const char* separator = "{\"entries\":[\n";
    done = pages(reader, verb.incident, [&](const auto& page) {
      for (const auto& entry : page) {
        std::cout << separator << codec::dump(codec::view(entry, people));
        separator = ",\n";
      }
    });
    std::cout << "\n]}\n";
  } else {
    bot::MarkdownTimeline markdown(**incident, people);
    done = pages(reader, verb.incident, [&](const auto& page) { markdown.expect(page); });  // corrections strike out what came before them
    if (!done) return refuse(done.error());
    std::cout << markdown.head();
    done = pages(reader, verb.incident, [&](const auto& page) { std::cout << markdown.lines(page); });
  }
  return done ? int{cli::kDone} : refuse(done.error());
}

int run(const cli::Backup& verb) {
  const auto settings = good_settings(verb.config);
  if (!settings) return cli::kRefused;
  System system;
  auto opened = storage::open_for_reading(settings->store_url, system.env());
  if (!opened) return refuse(opened.error());
  if (auto done = (*opened)->backup(verb.file); !done) return refuse(done.error());
  std::cout << "The copy is in " << verb.file << " and holds together.\n";
  return cli::kDone;
}

int run(const cli::Verify& verb) {
  const auto settings = good_settings(verb.config);
  if (!settings) return cli::kRefused;
  System system;
  auto opened = storage::open_for_reading(settings->store_url, system.env());
  if (!opened) return refuse(opened.error());
  auto report = (*opened)->verify();
  if (!report) return refuse(report.error());
  std::cout << report->incidents << " incidents, " << report->entries << " entries, " << report->redacted << " redacted: "
            << (report->ok() ? "every chain holds and every incident is what its timeline says." : std::to_string(report->problem_count) + (report->problem_count == 1 ? " problem." : " problems.")) << "\n";
  for (const auto& problem : report->problems) std::cout << "  " << problem << "\n";
  return report->ok() ? cli::kDone : cli::kRefused;
}

/// Through the running server when there is one, else straight into the store.
bot::Result<std::string> invite_link(const bot::Settings& settings, const std::string& name) {
  const auto request = nlohmann::json{{"verb", "invite"}, {"name", name}};
  auto answer = cli::control_call(cli::control_path(bot::database_file(settings.store_url)), codec::dump(request));
  if (answer) {
    auto json = codec::parse(*answer);
    if (json && json->value("ok", false)) return json->value("link", "");
    return bot::fail(bot::ErrorKind::rejected, json ? json->value("message", "The server refused.") : "The server's answer could not be read.");
  }
  if (answer.error().kind != bot::ErrorKind::not_found) return answer.error();
  System system;
  auto opened = storage::open_store(settings.store_url, system.env());
  if (!opened) return opened.error();
  bot::People people;
  learn(people, settings, (*opened)->reader());
  return bot::invite_person({(*opened)->credentials(), people, system.env(), settings.server.public_url}, name, false, kInviteMinutes);
}

int run(const cli::Invite& verb) {
  const auto settings = good_settings(verb.config);
  if (!settings) return cli::kRefused;
  auto link = invite_link(*settings, verb.name);
  if (!link) return refuse(link.error());
  std::cout << *link << "\n(works once, for 24 hours; whoever opens it signs in as " << verb.name << ")\n";
  return cli::kDone;
}

/// Before the app exists there are no tokens to write into the settings: their faults do not matter here.
int run(const cli::SlackManifest& verb) {
  const auto loaded = load(verb.config);
  std::cout << slack::manifest(loaded.settings, verb.socket || loaded.settings.slack.is_socket());
  if (!verb.socket && !loaded.settings.slack.is_socket() && loaded.settings.server.public_url.rfind("https://", 0) != 0)
    std::cerr << "muster: Slack only calls https addresses; set server.public_url, or use --socket.\n";
  return cli::kDone;
}

int run(const cli::SlackDoctor& verb) {
  const auto settings = good_settings(verb.config);
  if (!settings) return cli::kRefused;
  System system;
  const auto client = http::make_guarded_client();
  const auto findings = slack::examine(*settings, *client, *system.clock);
  std::cout << slack::report(findings);
  return slack::has_fault(findings) ? cli::kRefused : cli::kDone;
}

int run(const cli::MatrixRegister& verb) {
  const auto settings = good_settings(verb.config);
  return settings ? bot::matrix_register(*settings, verb.file) : int{cli::kRefused};
}

int run(const cli::MatrixDoctor& verb) {
  const auto settings = good_settings(verb.config);
  return settings ? bot::matrix_doctor(*settings) : int{cli::kRefused};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "outbound") return http::serve_outbound();  // Muster starts itself so; no verb for people
  if (argc == 2 && std::string_view(argv[1]) == "outbound-socket") return http::serve_outbound_socket();
  return std::visit([](const auto& verb) { return run(verb); }, cli::parse(argc, argv));
}
