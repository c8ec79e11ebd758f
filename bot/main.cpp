// The command line: settings, then one verb. `serve` is in main_serve.cpp; the short verbs are here.
#include <cstdio>
#include <iostream>
#include <string_view>

#include "bot/main_matrix.hpp"
#include "bot/main_people.hpp"
#include "bot/main_serve.hpp"
#include "bot/narrate.hpp"
#include "integrations/cli/arguments.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/http/client.hpp"
#include "integrations/http/tls_check.hpp"
#include "integrations/http/websocket.hpp"
#include "integrations/settings/load.hpp"
#include "integrations/slack/doctor.hpp"
#include "integrations/slack/manifest.hpp"
#include "integrations/storage/open_store.hpp"

namespace {

using bot::Error;

constexpr int kPage = 1000;

int refuse(const Error& error) {
  std::cerr << "muster: " << error.message << "\n";
  return cli::kRefused;
}

settings::Loaded load(const std::string& file) {
  if (file.empty()) return {settings::defaults(), {}, {}};
  return settings::load_file(file, settings::process_outside());
}

std::string named(const std::string& file) { return file.empty() ? "the embedded defaults" : file; }

std::vector<std::pair<int, std::string>> lines_of(const std::vector<settings::Fault>& faults) {
  std::vector<std::pair<int, std::string>> lines;
  for (const auto& f : faults) lines.emplace_back(f.line, f.message);
  return lines;
}

std::string report(const std::string& file, const settings::Loaded& loaded) {
  return cli::config_warnings(named(file), lines_of(loaded.warnings)) + cli::config_report(named(file), lines_of(loaded.faults));
}

/// Settings without a fault, or nothing after saying what is wrong.
std::optional<bot::Settings> good_settings(const std::string& file) {
  auto loaded = load(file);
  if (loaded.faults.empty()) return std::move(loaded.settings);
  std::cerr << report(file, loaded);
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
  const auto loaded = load(verb.config);
  if (!loaded.faults.empty()) return std::cerr << report(verb.config, loaded), int{cli::kRefused};
  std::cerr << cli::config_warnings(named(verb.config), lines_of(loaded.warnings));
  return bot::serve(loaded.settings);
}

int run(const cli::CheckConfig& verb) {
  auto loaded = load(verb.config);
  const auto& server = loaded.settings.server;
  if (loaded.faults.empty() && !server.tls_certificate.empty())
    if (const auto usable = http::usable_tls(server.tls_certificate, server.tls_key); !usable) loaded.faults.push_back({0, "server.tls: " + usable.error().message});
  (loaded.faults.empty() ? std::cout : std::cerr) << report(verb.config, loaded);
  return loaded.faults.empty() ? cli::kDone : cli::kRefused;
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
  bot::learn_people(people, *settings, reader);
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

int run(const cli::Invite& verb) {
  const auto settings = good_settings(verb.config);
  if (!settings) return cli::kRefused;
  const auto invited = bot::invite_through(*settings, verb.name);
  if (!invited) return refuse(invited.error());
  if (!invited->note.empty()) std::cerr << "muster: " << invited->note << "\n";
  std::cout << invited->link << "\n(works once, for 24 hours; whoever opens it signs in as " << verb.name << ")\n";
  return cli::kDone;
}

int run(const cli::SignOut& verb) {
  const auto settings = good_settings(verb.config);
  if (!settings) return cli::kRefused;
  const auto done = bot::sign_out_through(*settings, verb.name);
  if (!done) return refuse(done.error());
  std::cout << *done << "\n";
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
