#include "integrations/slack/doctor.hpp"

#include <ctime>

#include <algorithm>
#include <cstdlib>
#include <set>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/api.hpp"
#include "integrations/slack/errors.hpp"
#include "integrations/slack/manifest.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr bot::Millis kDeadline{10000};
constexpr std::int64_t kClocksApart = 60;      // seconds; Slack's signatures count for 300
constexpr std::size_t kSigningSecretLength = 32;
constexpr const char* kAppPage = "https://api.slack.com/apps";

/// What one call told: its object, its headers, or why there is none.
struct Told {
  json body = json::object();
  http::Answer answer;
  std::string trouble;  ///< "" = the answer is Slack's
  bool ok() const { return trouble.empty() && body.value("ok", json(false)) == json(true); }
  std::string error() const { return error_word(text_at(body, "error")); }
};

class Doctor {
 public:
  Doctor(const bot::Settings& settings, http::Client& client, const bot::Clock& clock)
      : settings_(settings), slack_(settings.slack), client_(client), clock_(clock) {}

  std::vector<Finding> examine() {
    if (!slack_.enabled) {
      fault("The settings have no slack section.", "Run muster slack manifest, create the app with it, then write its tokens into slack: of the settings.");
      return std::move(findings_);
    }
    if (const auto told = ask("auth.test", {}, slack_.bot_token); token(told)) {
      clocks(told.answer);
      scopes(told.answer);
      organisation(told.body);
      channel();
    }
    if (slack_.is_socket()) socket();
    else http_way();
    return std::move(findings_);
  }

 private:
  void good(std::string what) { findings_.push_back({Finding::Kind::good, std::move(what), ""}); }
  void note(std::string what, std::string remedy) { findings_.push_back({Finding::Kind::note, std::move(what), std::move(remedy)}); }
  void fault(std::string what, std::string remedy) { findings_.push_back({Finding::Kind::fault, std::move(what), std::move(remedy)}); }

  Told ask(const std::string& method, const Arguments& arguments, const bot::Secret& token) {
    http::Call call;
    call.method = "POST";
    call.url = slack_.api_url + (!slack_.api_url.empty() && slack_.api_url.back() == '/' ? "" : "/") + method;
    call.headers = {{"Authorization", "Bearer " + token.reveal()}, {"Content-Type", "application/x-www-form-urlencoded"}};
    call.body = form_of(arguments);
    call.deadline = kDeadline;
    const auto result = client_.call(call);
    Told told;
    if (const auto* failure = std::get_if<http::CallFailure>(&result)) {
      told.trouble = failure->reason;
      return told;
    }
    told.answer = std::get<http::Answer>(result);
    auto parsed = codec::parse(told.answer.body);
    if (told.answer.status == 429) told.trouble = "Slack asks to wait; try again in a minute.";
    else if (!parsed || !parsed->is_object() || !parsed->contains("ok")) told.trouble = "the answer (status " + std::to_string(told.answer.status) + ") is not Slack's.";
    else told.body = *std::move(parsed);
    return told;
  }

  bool token(const Told& told) {
    if (told.ok()) {
      const std::string user = text_at(told.body, "user"), team = text_at(told.body, "team");
      good("The bot token is valid: @" + plain(user) + " in the workspace " + plain(team) + ".");
      return true;
    }
    if (!told.trouble.empty())
      fault("Slack cannot be asked: " + told.trouble, "Check slack.api_url, the machine's way to the internet, and its certificates.");
    else if (told.error() == "token_expired" && slack_.rotates())
      note("The bot token of the settings has expired.", "That is normal with token rotation once Muster has run: it keeps the current pair in its database. The rest cannot be checked with the old one.");
    else
      fault("Slack does not accept slack.bot_token (" + told.error() + ").",
            std::string("Install the app to the workspace at ") + kAppPage + " (OAuth & Permissions) and copy the Bot User OAuth Token, which begins with xoxb-.");
    return false;
  }

  void clocks(const http::Answer& answer) {
    std::tm tm{};
    const std::string& date = answer.header("date");
    if (strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &tm) == nullptr) return;
    const auto theirs = static_cast<std::int64_t>(timegm(&tm));
    const auto ours = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
    const auto apart = std::abs(ours - theirs);
    if (apart <= kClocksApart) return good("This machine's clock agrees with Slack's.");
    fault("This machine's clock is " + bot::duration_text(bot::Millis{apart * 1000}) + (ours > theirs ? " ahead of" : " behind") + " Slack's.",
          "Set it by NTP: Slack's requests are refused when they seem older than 5 minutes, and timelines would be wrong.");
  }

  void scopes(const http::Answer& answer) {
    std::set<std::string> have;
    std::string word;
    for (const char c : answer.header("x-oauth-scopes") + ",") {
      if (c != ',' && c != ' ') { word += c; continue; }
      if (!word.empty()) have.insert(word);
      word.clear();
    }
    if (have.empty()) return note("Slack did not say which scopes the token has.", "Compare them with muster slack manifest.");
    std::string missing;
    for (const auto& scope : needed_scopes())
      if (have.count(scope.name) == 0) missing += (missing.empty() ? "" : ", ") + std::string(scope.name) + " (" + scope.why + ")";
    if (missing.empty()) return good("The token has every scope that is needed.");
    fault("The token lacks: " + missing + ".", std::string("Add them under OAuth & Permissions at ") + kAppPage +
                                                    ", or paste muster slack manifest into App Manifest; then reinstall the app to the workspace.");
  }

  void organisation(const json& body) {
    if (body.value("is_enterprise_install", json(false)) != json(true)) return;
    if (slack_.team_id.empty())
      fault("The app is installed for a whole organisation, and it is not said in which workspace rooms are opened.", "Name the workspace in slack.team_id, for example T01ABCDEF.");
    else good("The app is installed for a whole organisation; rooms are opened in " + slack_.team_id + ".");
  }

  void channel() {
    const std::string& id = slack_.announce_channel;
    if (id.empty()) return note("No channel hears of every incident.", "To have one, put its id into slack.announce_channel (channel details, at the bottom).");
    const auto told = ask("conversations.info", {{"channel", id}}, slack_.bot_token);
    if (!told.trouble.empty()) return fault("The announcement channel cannot be asked for: " + told.trouble, "Try again.");
    if (!told.ok()) {
      if (told.error() == "missing_scope") return;  // said already
      return fault("The announcement channel " + plain(id) + " is not there for the app (" + told.error() + ").",
                   "slack.announce_channel must be an id like C0INCIDENTS, not a name; a private channel must be told of the app first: /invite @muster there.");
    }
    const json found = told.body.value("channel", json::object());
    const auto is = [&found](const char* what) { return found.is_object() && found.value(what, json(false)) == json(true); };
    const std::string name = "#" + plain(text_at(found, "name"));
    if (is("is_archived")) return fault("The announcement channel " + name + " is archived.", "Unarchive it or name another in slack.announce_channel.");
    if (is("is_member")) return good("The bot is in the announcement channel " + name + ".");
    if (is("is_private")) return fault("The bot is not in the private announcement channel " + name + ".", "Type /invite @muster there.");
    good("The announcement channel " + name + " is public; the bot joins it with its first post.");
  }

  void http_way() {
    const std::string secret = slack_.signing_secret.reveal();
    const bool hex = std::all_of(secret.begin(), secret.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (secret.size() == kSigningSecretLength && hex) good("The signing secret has the shape of one. Whether it is the right one shows with the first command.");
    else fault("slack.signing_secret does not look like a signing secret: 32 characters of 0-9 and a-f.",
               std::string("Copy it from Basic Information, App Credentials at ") + kAppPage + "; it is neither a token nor the client secret.");
    const std::string& url = settings_.server.public_url;
    if (url.rfind("https://", 0) == 0) good("Slack will call " + url + "; it must reach that from the internet.");
    else fault("server.public_url is " + url + "; Slack only calls https addresses.",
               "Set server.public_url to the address that the internet sees, or use Socket Mode: slack.app_token instead of slack.signing_secret.");
  }

  void socket() {
    const auto told = ask("apps.connections.open", {}, slack_.app_token);
    if (told.ok()) return good("The app-level token opens sockets.");
    if (!told.trouble.empty()) return fault("The app-level token could not be tried: " + told.trouble, "Try again.");
    const std::string why = told.error();
    if (why == "forbidden_team" || why == "not_allowed" || why == "method_not_allowed_for_app")
      return fault("Slack does not let this app open sockets (" + why + ").", std::string("Switch Socket Mode on at ") + kAppPage + ".");
    fault("Slack does not accept slack.app_token (" + why + ").",
          "Make one under Basic Information, App-Level Tokens, with the scope connections:write. It begins with xapp- and belongs to the same app as the bot token.");
  }

  /// Outside text on somebody's terminal: no control characters.
  static std::string plain(const std::string& text) {
    std::string out;
    for (const char c : text.substr(0, 80))
      if (static_cast<unsigned char>(c) >= ' ' && c != 0x7f) out += c;
    return out;
  }

  const bot::Settings& settings_;
  const bot::SlackSettings& slack_;
  http::Client& client_;
  const bot::Clock& clock_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine(const bot::Settings& settings, http::Client& client, const bot::Clock& clock) {
  return Doctor(settings, client, clock).examine();
}

bool has_fault(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.kind == Finding::Kind::fault; });
}

std::string report(const std::vector<Finding>& findings) {
  std::string out;
  int faults = 0;
  for (const auto& f : findings) {
    faults += f.kind == Finding::Kind::fault ? 1 : 0;
    out += std::string(f.kind == Finding::Kind::good ? "ok     " : f.kind == Finding::Kind::note ? "note   " : "FAULT  ") + f.what + "\n";
    if (!f.remedy.empty()) out += "       " + f.remedy + "\n";
  }
  return out + (faults == 0 ? "No faults.\n" : std::to_string(faults) + (faults == 1 ? " fault.\n" : " faults.\n"));
}

}  // namespace slack
