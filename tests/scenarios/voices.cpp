#include "tests/scenarios/voices.hpp"

#include <catch2/catch.hpp>
#include <map>

namespace scene {
namespace {

using nlohmann::json;

/// Ids of the scene's people in the fake Slack.
std::string slack_id(const std::string& person) { return person == "bob" ? "U02" : person == "carol" ? "U03" : "U01"; }

/// What somebody typed, as Slack hands it on (should_escape).
std::string as_slack_sends(const std::string& typed) {
  std::string out;
  for (const char c : typed) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

class SlackVoice : public Voice {
 public:
  explicit SlackVoice(Scene& scene) : scene_(scene) {}
  const std::string& name() const override { return name_; }
  Said say(const std::string& text, int incident, const std::string& person) override {
    const std::string room = incident == 0 ? "" : scene_.room_name(incident);
    const auto channel = room.empty() ? std::nullopt : scene_.slack.channel(room);
    const std::string words = as_slack_sends(channel || incident == 0 ? text : "INC-" + std::to_string(incident) + " " + text);
    const std::string answer = scene_.slash(words, slack_id(person), person, channel ? channel->id : Scene::kGeneral);
    return {answer.rfind("Not recorded", 0) != 0 && answer.rfind("(", 0) != 0, answer};
  }

 private:
  Scene& scene_;
  const std::string name_ = "slack";
};

class ApiVoice : public Voice {
 public:
  explicit ApiVoice(Scene& scene) : scene_(scene) {}
  const std::string& name() const override { return name_; }
  bool has_people() const override { return false; }
  Said say(const std::string& text, int incident, const std::string&) override {
    const auto answer = scene_.muster->command(incident == 0 ? text : "INC-" + std::to_string(incident) + " " + text);
    return {answer.status == 200, answer.body};
  }

 private:
  Scene& scene_;
  const std::string name_ = "api";
};

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const auto at = text.find(before);
  if (at == std::string::npos) return "";
  const auto from = at + before.size();
  return text.substr(from, text.find_first_of(after, from) - from);
}

class ConsoleVoice : public Voice {
 public:
  explicit ConsoleVoice(Scene& scene) : scene_(scene) {}
  const std::string& name() const override { return name_; }

  Said say(const std::string& text, int incident, const std::string& person) override {
    const Session& session = signed_in(person);
    const std::string body = support::form_body({{"form_token", session.form_token}, {"incident", std::to_string(incident)}, {"key", key()}, {"text", text}});
    const auto answer = ask("POST", "/console/commands", body, {{"Cookie", session.cookie}, {"Accept", "application/json"}});
    return {answer.status == 200, answer.body};
  }

 private:
  struct Session { std::string cookie, form_token; };

  http::Answer ask(const std::string& method, const std::string& path, const std::string& body, http::Headers headers) {
    http::Call call;
    call.method = method;
    call.url = scene_.muster->url() + path;
    call.body = body;
    call.headers = std::move(headers);
    if (method == "POST") {
      call.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
      call.headers.emplace_back("Origin", scene_.muster->url());
      call.headers.emplace_back("Sec-Fetch-Site", "same-origin");
    }
    auto result = scene_.client->call(call);
    if (auto* answer = std::get_if<http::Answer>(&result)) return *answer;
    http::Answer none;
    none.body = std::get<http::CallFailure>(result).reason;
    return none;
  }

  const Session& signed_in(const std::string& person) {
    auto& session = sessions_[person];
    if (!session.cookie.empty()) return session;
    const auto invited = scene_.muster->run({"invite", person});
    INFO(invited.out);
    REQUIRE(invited.code == 0);
    const std::string link = between(invited.out, "/login/", " \n\r\t");
    REQUIRE_FALSE(link.empty());
    const auto in = ask("POST", "/login/" + link, "", {});
    INFO(in.status << " " << in.body);
    REQUIRE(in.status == 303);
    session.cookie = in.header("set-cookie").substr(0, in.header("set-cookie").find(';'));
    session.form_token = between(ask("GET", "/", "", {{"Cookie", session.cookie}}).body, "data-form-token=\"", "\"");
    REQUIRE(session.form_token.size() == 64);
    return session;
  }

  /// What the page draws for each submission, so that a repeat is recognised.
  std::string key() {
    std::string out = std::to_string(++keys_);
    return std::string(16 - out.size(), '0') + out;
  }

  Scene& scene_;
  const std::string name_ = "console";
  std::map<std::string, Session> sessions_;
  int keys_ = 0;
};

}  // namespace

std::unique_ptr<Voice> slack_voice(Scene& scene) { return std::make_unique<SlackVoice>(scene); }
std::unique_ptr<Voice> console_voice(Scene& scene) { return std::make_unique<ConsoleVoice>(scene); }
std::unique_ptr<Voice> api_voice(Scene& scene) { return std::make_unique<ApiVoice>(scene); }

}  // namespace scene
