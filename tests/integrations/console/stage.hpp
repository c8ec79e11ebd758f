// A console on a real server over the fake store, with the real Coordinator and commands behind it, and a browser that keeps cookies.
// Place: the console's tests. The clock stands still unless a test moves it; live rounds run when a test asks.
#pragma once

#include <catch2/catch.hpp>
#include <map>

#include "bot/coordinator.hpp"
#include "commands/table.hpp"
#include "integrations/console/routes.hpp"
#include "tests/integrations/http/raw_socket.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

namespace stage {

struct Page {
  int status = 0;
  std::string head, body;
  bool has(const std::string& words) const { return body.find(words) != std::string::npos; }
  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + 4 + name.size();
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

/// The Coordinator, run at once on the caller's thread. `say_instead` answers without it.
class InlineIntake : public bot::Intake {
 public:
  explicit InlineIntake(bot::Coordinator& coordinator) : coordinator_(coordinator) {}
  void submit(bot::Request request, bot::Completion done) override {
    const bot::Lock lock(mutex_);
    seen.push_back(request);
    if (say_instead) return done(*say_instead);
    coordinator_.submit(std::move(request), std::move(done));
    while (coordinator_.run_once()) {
    }
  }
  std::vector<bot::Request> seen;
  std::optional<bot::Reply> say_instead;

 private:
  bot::Mutex mutex_;
  bot::Coordinator& coordinator_;
};

inline std::string quoted(const std::string& page, const std::string& before, std::size_t from = 0) {
  const auto at = page.find(before, from);
  if (at == std::string::npos) return {};
  const auto start = at + before.size();
  return page.substr(start, page.find('"', start) - start);
}

class Stage {
 public:
  explicit Stage(console::LiveLimits limits = {}, bot::Settings with = defaults()) : settings(std::move(with)) {
    for (const char* name : {"Alice", "Bob", "Mallory"}) {
      bot::Person person;
      person.name = name;
      person.id = std::string(1, static_cast<char>(name[0] + 32)) + std::string(name + 1);
      people.put(person);
    }
    http::ServerOptions options;
    options.allowed_hosts = {};
    server = http::make_server(options);
    console::ConsoleOptions console_options;
    for (auto& line : commands::verb_lines()) console_options.verbs.push_back({line.name, line.form, line.summary, line.query});
    console_options.notices = [this] { return problem.empty() ? std::vector<console::Notice>{} : std::vector<console::Notice>{{"Storage problem.", problem}}; };
    console_options.live = limits;
    console_options.forms = &coordinator;
    console = std::make_unique<console::Console>(*server, intake, store, store, settings, people, env.env(), std::move(console_options));
    REQUIRE(server->start().ok());
    host = "127.0.0.1:" + std::to_string(server->port());
  }
  ~Stage() {
    console->stop();
    server->stop();
  }

  static bot::Settings defaults() {
    bot::Settings out;
    out.incidents.admins = {"alice"};
    bot::StatusPageSettings page;
    page.kind = "builtin";
    page.name = "public";
    page.components = {{"api", "API", ""}, {"web", "Website", ""}};
    out.status_pages = {page};
    return out;
  }

  Page ask(const std::string& method, const std::string& target, const std::string& body = "", const std::string& more = "") {
    auto socket = tests::RawSocket::to(server->port());
    std::string wire = method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + more;
    if (method == "POST")
      wire += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    socket.say(wire + "\r\n" + body);
    const auto reply = socket.reply();
    return {reply.status, reply.head, reply.body};
  }
  std::string same_origin() const { return "Origin: http://" + host + "\r\nSec-Fetch-Site: same-origin\r\n"; }

  /// Says it as a person would from another chat.
  bot::Reply say(const std::string& text, const std::string& person = "alice", const std::string& integration = "console") {
    bot::Request request;
    request.caller = {bot::ActorKind::person, integration, person, people.name_of(person), {}};
    request.body = bot::Typed{text};
    bot::Reply out;
    intake.submit(std::move(request), [&out](bot::Reply reply) { out = std::move(reply); });
    return out;
  }

  bot::Settings settings;
  support::FakeStore store;
  support::FakeEnv env;
  bot::People people;
  std::string problem;
  std::unique_ptr<bot::Commands> table = commands::make_table();
  bot::Coordinator coordinator{store, store, *table, settings, people, env.env()};
  InlineIntake intake{coordinator};
  std::unique_ptr<http::Server> server;
  std::unique_ptr<console::Console> console;
  std::string host;
};

/// A signed-in browser.
class Browser {
 public:
  Browser(Stage& stage, const std::string& person) : stage_(stage) {
    const auto link = stage.console->first_link(person);
    REQUIRE(link.ok());
    const std::string path = link->substr(link->find("/login/"));
    const Page in = stage.ask("POST", path, "", stage.same_origin());
    REQUIRE(in.status == 303);
    const std::string set = in.header("Set-Cookie");
    cookie = set.substr(0, set.find(';'));
    form_token = quoted(get("/").body, "data-form-token=\"");
    REQUIRE(form_token.size() == 64);
  }
  Page get(const std::string& target, const std::string& more = "") {
    return stage_.ask("GET", target, "", "Cookie: " + cookie + "\r\n" + more);
  }
  Page post(const std::string& target, const std::string& body, const std::string& more) {
    return stage_.ask("POST", target, body, "Cookie: " + cookie + "\r\n" + more);
  }
  std::string form(const std::string& text, int incident = 0, const std::string& key = "0123456789abcdef") const {
    return "form_token=" + form_token + "&incident=" + std::to_string(incident) + "&key=" + key + "&text=" + http::percent_encode(text);
  }
  /// As the script sends it.
  Page type(const std::string& text, int incident = 0, const std::string& key = "0123456789abcdef") {
    return post("/console/commands", form(text, incident, key), stage_.same_origin() + "Accept: application/json\r\n");
  }

  std::string cookie, form_token;

 private:
  Stage& stage_;
};

/// One open event stream.
class Listener {
 public:
  Listener(Stage& stage, const Browser& browser, const std::string& query, const std::string& more = "")
      : socket_(tests::RawSocket::to(stage.server->port())) {
    socket_.say("GET /console/events?" + query + " HTTP/1.1\r\nHost: " + stage.host + "\r\nCookie: " + browser.cookie + "\r\n" + more +
                "\r\n");
    head = socket_.until("\r\n\r\n");
    if (head.find(" 200 ") != std::string::npos) heard = socket_.until("retry: 2000\n\n");
  }
  /// Everything up to and including `mark`.
  std::string until(const std::string& mark, int ms = 10000) { return socket_.until(mark, ms); }
  bool ended(int ms = 10000) {
    while (socket_.hear(ms)) {
    }
    socket_.rest(1);
    return socket_.ended(ms);
  }
  std::string head, heard;

 private:
  tests::RawSocket socket_;
};

}  // namespace stage
