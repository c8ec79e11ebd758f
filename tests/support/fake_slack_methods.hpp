// One call of a method of the fake Slack. Place: fake_slack.cpp only. REQUIRES: the fake's lock is held.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/fake_slack.hpp"

namespace support {

nlohmann::json wrong(const std::string& error);
nlohmann::json shown(const SlackChannel& channel);
nlohmann::json shown(const SlackMessage& message);
std::vector<std::string> split(const std::string& list);
bool is_true(const std::string& value);
std::string name_error(const std::string& name);
std::size_t points(const std::string& s);

class FakeSlackMethods {
 public:
  FakeSlackMethods(FakeSlack& fake, const SlackCall& call) : fake_(fake), call_(call) {}
  nlohmann::json run();

 private:
  const std::string& arg(const std::string& name) const;
  SlackChannel* open_channel(nlohmann::json& error, bool must_be_member);
  std::string content_error();
  nlohmann::json page(nlohmann::json all, const char* what);
  bool within(const SlackMessage& message) const;
  nlohmann::json create();
  nlohmann::json invite();
  nlohmann::json set_topic();
  nlohmann::json archive();
  nlohmann::json join();
  nlohmann::json open();
  nlohmann::json own_channels();
  nlohmann::json history();
  nlohmann::json post();
  nlohmann::json update();
  nlohmann::json pin();
  // fake_slack_more.cpp
  nlohmann::json more();
  nlohmann::json set_purpose();
  nlohmann::json rename();
  nlohmann::json kick();
  nlohmann::json info();
  nlohmann::json members();
  nlohmann::json replies();
  nlohmann::json post_ephemeral();
  nlohmann::json remove();
  nlohmann::json permalink();
  nlohmann::json add_bookmark();
  nlohmann::json list_bookmarks();
  nlohmann::json list_pins();
  nlohmann::json react(bool add);
  nlohmann::json reactions();
  nlohmann::json user_info();
  nlohmann::json user_by_email();
  nlohmann::json list_groups();
  nlohmann::json group_users();
  nlohmann::json open_connection();
  nlohmann::json renew_tokens();
  SlackMessage* message(const std::string& channel, const std::string& ts);
  // fake_slack_views.cpp
  nlohmann::json views();
  nlohmann::json open_view(bool push);
  nlohmann::json update_view();
  nlohmann::json publish_view();
  nlohmann::json view_error(const std::string& view, const std::string& except);
  std::string exchange_trigger(std::string& user);

  FakeSlack& fake_;
  const SlackCall& call_;
};

}  // namespace support
