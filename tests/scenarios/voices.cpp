#include "tests/scenarios/voices.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

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

class MatrixVoice : public Voice {
 public:
  MatrixVoice(Scene& scene, MatrixHouse& house) : scene_(scene), house_(house) {
    // What is typed before Muster listens is not obeyed.
    REQUIRE(support::wait_for([this] {
      return scene_.muster->get("/metrics").body.find("\nmuster_matrix_heard 1") != std::string::npos && membership(house_.announcements, house_.bot) == "join";
    }, 60));
  }
  const std::string& name() const override { return name_; }

  Said say(const std::string& text, int incident, const std::string& person) override {
    Said said = say_once(text, incident, person);
    // A quick machine types quicker than Muster lets anybody; what a person then reads tells them to do this.
    for (int again = 0; again < 3 && said.words.rfind("Not recorded: too many commands", 0) == 0; ++again) {
      std::this_thread::sleep_for(std::chrono::seconds(10));
      said = say_once(text, incident, person);
    }
    return said;
  }

 private:
  Said say_once(const std::string& text, int incident, const std::string& person) {
    Said said{false, "(no answer)"};
    std::string where = incident == 0 ? "" : room_for(incident, person);
    std::string event = where.empty() ? "" : typed(person, where, "!incident " + text);
    if (event.empty()) {  // not in the room, or it is closed and nobody can say anything there
      where = house_.announcements;
      event = typed(person, where, "!incident " + (incident == 0 ? "" : "INC-" + std::to_string(incident) + " ") + text);
    }
    support::wait_for([&] { return answered(person, where, event, said); }, 60);
    return said;
  }

  /// The event's id, "" when it was not allowed.
  std::string typed(const std::string& person, const std::string& room, const std::string& words) {
    return house_.people.ask({{"do", "send"}, {"who", person}, {"room", room}, {"content", {{"msgtype", "m.text"}, {"body", words}}}}).value("event", "");
  }

  std::string membership(const std::string& room, const support::Account& who) {
    return house_.hs.state(room, "m.room.member", house_.accounts["alice"], who.user_id).body.value("membership", "");
  }

  /// The room, when the person is in it or may come in; whoever is no member yet would join by coming.
  std::string room_for(int incident, const std::string& person) {
    std::string alias;
    for (const auto& e : scene_.entries(incident))
      if (e.value("kind", "") == "room_opened" && e["facts"].value("integration", "") == "matrix") alias = e.value("text", "");
    const auto& account = house_.accounts[person];
    const std::string room = house_.hs.room_of(alias, account);
    if (entered_.count({room, person}) > 0) return room;
    const auto invited = [&] { return house_.hs.state(room, "m.room.member", house_.bot, account.user_id).body.value("membership", "") == "invite"; };
    const bool declared_it = person == "alice";
    if (!(declared_it ? support::wait_for(invited, 60) : invited()) || !house_.people.join(person, room)) return "";
    entered_.insert({room, person});
    return room;
  }

  bool answered(const std::string& person, const std::string& room, const std::string& event, Said& said) {
    for (const auto& heard : house_.people.events(person, room)) {
      if (heard.value("sender", "") != house_.bot.user_id) continue;
      const json content = heard.value("content", json::object()), about = content.value("m.relates_to", json::object());
      if (heard.value("type", "") == "m.reaction" && about.value("event_id", "") == event) said = {about.value("key", "") == "\xE2\x9C\x85", about.value("key", "")};
      else if (heard.value("type", "") == "m.room.message" && about.value("m.in_reply_to", json::object()).value("event_id", "") == event) {
        const std::string words = content.value("body", "");
        said = {words.rfind("Not recorded", 0) != 0, words};
      } else continue;
      return true;
    }
    return false;
  }

  Scene& scene_;
  MatrixHouse& house_;
  const std::string name_ = "matrix";
  std::set<std::pair<std::string, std::string>> entered_;  ///< room, person
};

}  // namespace

MatrixHouse::MatrixHouse(support::RealHomeserver& homeserver, const std::string& name) : hs(homeserver), people(homeserver.url()), name_(name) {
  bot = hs.add("muster-" + name);
  for (const char* who : {"alice", "bob", "carol"}) people.enter(who, accounts[who] = hs.add(who + ("-" + name)));
  const auto made = hs.call("POST", "v3/createRoom", accounts["alice"], {{"preset", "public_chat"}, {"room_alias_name", "announce-" + name}, {"name", "Incidents"}});
  REQUIRE(made.status == 200);
  announcements = made.body["room_id"];
  for (const char* who : {"bob", "carol"}) REQUIRE(people.join(who, announcements));
}

std::string MatrixHouse::settings() const {
  return "matrix: {homeserver_url: \"" + hs.url() + "\", user_id: \"" + bot.user_id + "\", access_token: \"" + bot.token + "\", announce_room: \"#announce-" + name_ + ":" +
         support::RealHomeserver::kServerName + "\"}\n";
}

std::unique_ptr<Voice> matrix_voice(Scene& scene, MatrixHouse& house) { return std::make_unique<MatrixVoice>(scene, house); }
std::unique_ptr<Voice> slack_voice(Scene& scene) { return std::make_unique<SlackVoice>(scene); }
std::unique_ptr<Voice> console_voice(Scene& scene) { return std::make_unique<ConsoleVoice>(scene); }
std::unique_ptr<Voice> api_voice(Scene& scene) { return std::make_unique<ApiVoice>(scene); }

}  // namespace scene
