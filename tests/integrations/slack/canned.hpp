// A Slack of canned answers, for what the fake has no opinion about: each method answers by a function of its arguments.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "integrations/http/client.hpp"
#include "tests/support/fake_slack.hpp"

namespace slack_tests {

class Canned : public http::Client {
 public:
  struct Asked { std::string method; std::map<std::string, std::string> args; std::string authorization; };
  using Body = std::function<std::string(const Asked&)>;

  void on(const std::string& method, Body body) { bodies_[method] = std::move(body); }
  void on(const std::string& method, std::string body) { bodies_[method] = [body = std::move(body)](const Asked&) { return body; }; }
  /// Nothing reaches Slack from now on.
  bool down = false;
  std::vector<Asked> asked;
  int times(const std::string& method) const {
    int n = 0;
    for (const auto& one : asked) n += one.method == method ? 1 : 0;
    return n;
  }

  http::CallResult call(const http::Call& call) override {
    Asked one{call.url.substr(call.url.rfind('/') + 1), {}, ""};
    http::Headers form;
    http::parse_form(call.body, form);
    for (const auto& [name, value] : form) one.args[name] = value;
    for (const auto& [name, value] : call.headers)
      if (name == "Authorization") one.authorization = value;
    asked.push_back(one);
    // What is posted goes to the fake Slack; the calls of chat methods that come here are bare, made by tests of limits and waits.
    if (one.method.find('.') != std::string::npos && one.method.rfind("chat.", 0) != 0) support::record_for_referees(one.method, one.args);
    if (down) return http::CallFailure{false, "connection refused"};
    http::Answer answer;
    answer.status = 200;
    const auto it = bodies_.find(one.method);
    answer.body = it == bodies_.end() ? R"({"ok":false,"error":"unknown_method"})" : it->second(one);
    if (answer.body == "429") answer = http::Answer{429, {{"retry-after", "3"}}, R"({"ok":false,"error":"ratelimited"})"};
    return answer;
  }

 private:
  std::map<std::string, Body> bodies_;
};

}  // namespace slack_tests
