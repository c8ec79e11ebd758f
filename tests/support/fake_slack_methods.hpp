// One call of a method of the fake Slack. Place: fake_slack.cpp only. REQUIRES: the fake's lock is held.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/fake_slack.hpp"

namespace support {

class FakeSlackMethods {
 public:
  FakeSlackMethods(FakeSlack& fake, const SlackCall& call) : fake_(fake), call_(call) {}
  nlohmann::json run();

 private:
  const std::string& arg(const std::string& name) const;
  SlackChannel* open_channel(nlohmann::json& error, bool must_be_member);
  std::string content_error();
  nlohmann::json page(nlohmann::json all, const char* what);
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

  FakeSlack& fake_;
  const SlackCall& call_;
};

}  // namespace support
