// Socket Mode's frames: whatever Slack's end says, each envelope is acknowledged at most once, by its own id, with a payload only where one is
// taken; what is no envelope is not acknowledged at all.
// The first byte chooses what the inbox answers, then frames that NUL separates.
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/socket_link.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/fake_env.hpp"

namespace {

using fuzz::must;
using nlohmann::json;

/// Answers at once, twice, later or never.
class Desk : public slack::Inbox {
 public:
  explicit Desk(std::uint8_t manner) : manner_(manner) {}
  void command(const std::map<std::string, std::string>& fields, slack::Answer answer, std::optional<bot::Time>) override {
    for (const auto& [name, value] : fields) taken_ += name.size() + value.size();
    take(std::move(answer));
  }
  void interaction(const json& payload, slack::Answer answer, std::optional<bot::Time>) override {
    taken_ += codec::dump(payload).size();
    take(std::move(answer));
  }
  void event(const json& envelope, slack::Answer answer) override {
    taken_ += codec::dump(envelope).size();
    take(std::move(answer));
  }
  void stop() override {}
  void answer_the_rest() {
    for (const auto& answer : kept_) answer("");
    kept_.clear();
  }

 private:
  void take(slack::Answer answer) {
    static const char* const bodies[] = {"", R"({"text":"taken"})", "not json", "[1]"};
    const std::string body = bodies[manner_ % 4];
    if (manner_ / 4 % 4 == 3) return;  // dropped: Slack sends it again
    if (manner_ / 4 % 4 == 2) return kept_.push_back(std::move(answer));
    answer(body);
    if (manner_ / 4 % 4 == 1) answer(body);
  }
  const std::uint8_t manner_;
  std::vector<slack::Answer> kept_;
  std::size_t taken_ = 0;
};

class Wire : public http::WebSocket {
 public:
  explicit Wire(std::vector<std::string>& sent) : sent_(sent) {}
  void send(std::string text) override { sent_.push_back(std::move(text)); }
  void ping() override {}
  void close() override {}

 private:
  std::vector<std::string>& sent_;
};

void check_answer(const std::string& sent, const json& frame) {
  const auto out = codec::parse(sent);
  must(out.ok() && out->is_object() && frame.is_object());
  must(out->at("envelope_id") == frame.at("envelope_id"));
  must(!out->contains("payload") || (out->at("payload").is_object() && frame.value("accepts_response_payload", json(false)) == true));
  must(out->size() == (out->contains("payload") ? 2u : 1u));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t manner = input.byte();
  const auto desk = std::make_shared<Desk>(manner);
  support::FakeEnv env;
  slack::SocketCounts counts;
  std::vector<std::string> sent;
  http::SocketEvents events;
  const auto link = std::make_shared<slack::SocketLink>(desk, env.clock, counts, slack::SocketWatch{}, slack::SocketLink::Told{[] {}, [](bot::Time) {}});
  link->open(
      [&](const std::string&, http::SocketEvents heard) {
        events = std::move(heard);
        return std::make_unique<Wire>(sent);
      },
      "wss://slack.example/secret");
  bool hello = false;
  std::size_t frames = 0;
  for (std::string rest = input.rest(); !rest.empty() && frames < 64; ++frames) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string text = rest.substr(0, end);
    rest.erase(0, end + 1);
    const std::size_t before = sent.size();
    events.on_text(text);
    desk->answer_the_rest();
    const auto frame = codec::parse(text);
    must(sent.size() <= before + 1);
    if (sent.size() > before) check_answer(sent.back(), frame.ok() ? *frame : json());
    hello |= frame.ok() && frame->is_object() && frame->value("type", json()) == "hello";
    must((link->state() == slack::SocketLink::State::ready) == hello && link->was_ready() == hello);
    must(link->wish().size() <= 200);
  }
  must(counts.acknowledged == sent.size() && counts.envelopes == counts.acknowledged + counts.unacknowledged);
  const int n = link->take_count();
  must(n >= 0 && n < 1000);
  events = {};
  link->end();
  return 0;
}
