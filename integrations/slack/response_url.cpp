#include "integrations/slack/response_url.hpp"

namespace slack {
namespace {
constexpr std::size_t kWaiting = 200;
constexpr bot::Millis kIdle{60000}, kDeadline{4000};
}  // namespace

bool is_response_url(const std::string& url) {
  const bool slacks = url.rfind("https://hooks.slack.com/", 0) == 0 || url.rfind("https://hooks.slack-gov.com/", 0) == 0;
  if (!slacks || url.size() > 1000) return false;
  for (char c : url)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '\\') return false;
  return true;
}

ResponseUrls::ResponseUrls(http::Client& client) : client_(client), loop_("slack-answers", [this] { return post_next(); }) { loop_.start(); }

void ResponseUrls::post(const std::string& url, std::string body, std::function<void()> otherwise) {
  {
    bot::Lock lock(mutex_);
    if (is_response_url(url) && waiting_.size() < kWaiting) {
      waiting_.push_back({url, std::move(body), std::move(otherwise)});
      otherwise = nullptr;
    }
  }
  if (otherwise) return otherwise();
  loop_.wake();
}

bot::Millis ResponseUrls::post_next() {
  Waiting next;
  {
    bot::Lock lock(mutex_);
    if (waiting_.empty()) return kIdle;
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  http::Call call;
  call.method = "POST";
  call.url = next.url;
  call.headers = {{"Content-Type", "application/json"}};
  call.body = std::move(next.body);
  call.deadline = kDeadline;
  call.answer_cap = 64u << 10;
  const auto result = client_.call(call);
  const auto* answer = std::get_if<http::Answer>(&result);
  const bool taken = answer != nullptr && answer->status >= 200 && answer->status < 300;
  if (!taken && next.otherwise) next.otherwise();
  return bot::Millis{0};
}

}  // namespace slack
