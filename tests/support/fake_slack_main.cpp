// The fake Slack as a program of its own, so that clients which we did not write can talk to it.
// fake_slack_server [--port N] [--delay MS] [--limits], or --sockets for Socket Mode: prints one line of JSON with its address and credentials, then serves until stdin ends.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/fake_slack.hpp"
#include "tests/support/fake_slack_socket.hpp"

namespace {

/// Socket Mode alone, on an address of its own. A line asks: "slash TEXT" and "event TEXT" answer the envelope's id, "acknowledged ID" what came
/// back for it (null: nothing yet), "disconnect" asks the client to come again, "links" and "closed" count.
nlohmann::json answer_socket(support::FakeSlackSocket& socket, const std::string& word, const std::string& rest) {
  using nlohmann::json;
  if (word == "slash") return socket.slash_command(rest);
  if (word == "event")
    return socket.envelope("events_api", {{"type", "event_callback"}, {"event_id", "Ev1"}, {"event", {{"type", "app_mention"}, {"user", "U01"}, {"text", rest}, {"ts", "1.000001"}, {"channel", "C1"}}}}, false);
  if (word == "acknowledged") return socket.acknowledged(rest) ? json{{"answer", socket.acknowledgement(rest)}} : json();
  if (word == "disconnect" && !socket.links().empty()) socket.disconnect("refresh_requested", socket.links().back());
  if (word == "links") return socket.links().size();
  if (word == "opened") return socket.opened();
  if (word == "closed") return socket.closed_well();
  return nullptr;
}

int serve_sockets() {
  support::FakeSlackSocket socket;
  std::printf("%s\n", nlohmann::json{{"url", socket.api_url()}, {"app_token", support::FakeSlackSocket::kAppToken}}.dump().c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const auto blank = line.find(' ');
    std::printf("%s\n", answer_socket(socket, line.substr(0, blank), blank == std::string::npos ? "" : line.substr(blank + 1)).dump().c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int port = 0, delay = 0;
  bool limits = false;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--limits") == 0) limits = true;
    else if (std::strcmp(argv[i], "--sockets") == 0) return serve_sockets();
    else if (std::strcmp(argv[i], "--port") == 0 && has_value) port = std::atoi(argv[++i]);
    else if (std::strcmp(argv[i], "--delay") == 0 && has_value) delay = std::atoi(argv[++i]);
    else {
      std::fprintf(stderr, "usage: fake_slack_server [--port N] [--delay MS] [--limits]\n");
      return 2;
    }
  }
  support::FakeSlack slack(nullptr, port);
  slack.limit_as_slack(limits);
  slack.each_call_takes(bot::Millis{delay});
  const nlohmann::json about{{"url", slack.url()}, {"token", support::FakeSlack::kToken}, {"app_token", support::FakeSlack::kAppToken},
                             {"signing_secret", support::FakeSlack::kSigningSecret}, {"bot", support::FakeSlack::kBot}, {"announce", support::FakeSlack::kAnnounce}};
  std::printf("%s\n", about.dump().c_str());
  std::fflush(stdout);
  // Each further line asks for something of the workspace: "trigger" a trigger_id, "complaints" what was wrong with the calls so far.
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::json answer;
    if (line == "trigger") answer = slack.new_trigger();
    else if (line == "complaints") answer = slack.complaints();
    else if (line == "calls") answer = slack.calls().size();
    std::printf("%s\n", answer.dump().c_str());
    std::fflush(stdout);
  }
  return 0;
}
