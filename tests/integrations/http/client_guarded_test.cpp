// The guarded client: outgoing calls in child processes, seen from both ends. The children are this program itself, run with the name of a hidden
// test case that plays a good or a bad process.
#include <catch2/catch.hpp>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "integrations/http/client.hpp"
#include "integrations/http/outbound_frames.hpp"
#include "test_server.hpp"
#include "tests/support/processes.hpp"

using namespace tests;
using support::children_of;

namespace {

constexpr int kSocket = 3;

std::unique_ptr<http::Client> guarded(const std::string& child, bot::Millis idle = bot::Millis{60000}) {
  http::GuardedOptions options;
  options.command = {"/proc/self/exe", "[." + child + "]"};
  options.idle = idle;
  return http::make_guarded_client(options);
}

http::Call call_to(const std::string& url, const std::string& method = "GET", const std::string& body = {}) {
  http::Call call;
  call.method = method;
  call.url = url;
  call.body = body;
  call.deadline = bot::Millis{8000};
  return call;
}

bool answered(const http::CallResult& result, const std::string& body) {
  const auto* answer = std::get_if<http::Answer>(&result);
  return answer != nullptr && answer->body == body;
}
http::CallFailure failure(const http::CallResult& result) {
  REQUIRE(std::holds_alternative<http::CallFailure>(result));
  return std::get<http::CallFailure>(result);
}

template <typename Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::string file_text(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

http::NumberedCall heard_call(http::FrameSocket& socket) {
  std::string frame;
  if (socket.receive(frame, [] { return std::size_t{1} << 26; }, bot::Millis{-1}) != http::FrameSocket::Heard::frame) ::_exit(0);
  auto call = http::call_in(frame);
  if (!call) ::_exit(9);
  return *call;
}

}  // namespace

// ---- the children ----

TEST_CASE("child: a good one", "[.good]") { ::_exit(http::serve_outbound()); }

TEST_CASE("child: dies of its first call", "[.dies]") {
  http::FrameSocket socket(kSocket);
  heard_call(socket);
  ::kill(::getpid(), SIGKILL);
}

TEST_CASE("child: dies of a call to /die, answers others", "[.mortal]") {
  http::FrameSocket socket(kSocket);
  while (true) {
    const auto call = heard_call(socket);
    if (call.call.url.ends_with("/die")) ::_exit(7);
    if (call.call.url.ends_with("/wait")) continue;
    http::Answer answer;
    answer.status = 200;
    answer.body = "alive";
    socket.send(http::frame_of(http::NumberedResult{call.number, answer}));
  }
}

TEST_CASE("child: says nothing", "[.mute]") {
  http::FrameSocket socket(kSocket);
  while (true) heard_call(socket);
}

TEST_CASE("child: says what nobody asked", "[.babbles]") {
  http::FrameSocket socket(kSocket);
  const auto call = heard_call(socket);
  http::Answer answer;
  answer.status = 200;
  const std::string how = call.call.body;
  if (how == "other number") socket.send(http::frame_of(http::NumberedResult{call.number + 77, answer}));
  if (how == "no frame") socket.send(std::string("\x05\0\0\0hello", 9));
  if (how == "huge frame") socket.send(std::string("\xff\xff\xff\x7f", 4));
  if (how == "beyond the cap") {
    answer.body.assign(call.call.answer_cap + 1, 'x');
    socket.send(http::frame_of(http::NumberedResult{call.number, answer}));
  }
  ::pause();
}

TEST_CASE("child: tells what it was given", "[.tells]") {
  http::FrameSocket socket(kSocket);
  const auto call = heard_call(socket);
  http::Answer answer;
  answer.status = 200;
  answer.body = file_text("/proc/self/environ") + "|" + file_text("/proc/self/cmdline") + "|";
  for (int fd = 0; fd < 1024; ++fd)
    if (::access(("/proc/self/fd/" + std::to_string(fd)).c_str(), F_OK) == 0) answer.body += " fd" + std::to_string(fd);
  socket.send(http::frame_of(http::NumberedResult{call.number, answer}));
  ::pause();
}

// ---- the tests ----

TEST_CASE("a guarded call brings back what a plain one does, byte for byte") {
  TestServer server({}, [](http::Server& s) {
    s.route("POST", "/x", [](const http::Request& r, std::shared_ptr<http::Exchange> e) {
      auto response = http::Response::text(201, r.header("x-mine") + r.body);
      response.headers.emplace_back("X-Thing", "Value");
      e->respond(std::move(response));
    });
  });
  const auto client = guarded("good");
  auto call = call_to("http://127.0.0.1:" + std::to_string(server.port()) + "/x", "POST", std::string("caf\xc3\xa9\0z\xff", 8));
  call.headers = {{"X-Mine", "1"}};
  const auto result = client->call(call);
  REQUIRE(std::holds_alternative<http::Answer>(result));
  CHECK(std::get<http::Answer>(result).status == 201);
  CHECK(std::get<http::Answer>(result).header("x-thing") == "Value");
  CHECK(std::get<http::Answer>(result).body == "1" + call.body);
}

TEST_CASE("many threads may make guarded calls at once, to several hosts, with large bodies") {
  TestServer one, two;
  const auto client = guarded("good");
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 8; ++i) {
        const std::string body = std::to_string(t) + ":" + std::string(i == 3 ? 500000 : 10, 'b') + std::to_string(i);
        right += answered(client->call(call_to("http://127.0.0.1:" + std::to_string((t % 2 ? one : two).port()) + "/echo", "POST", body)), body);
      }
    });
  for (auto& t : threads) t.join();
  CHECK(right == 96);
  CHECK(children_of(::getpid()).size() == 2);
}

TEST_CASE("a process that dies leaves its calls in doubt, and the next call finds another") {
  const auto client = guarded("mortal");
  CHECK(answered(client->call(call_to("http://a/")), "alive"));
  http::CallResult waiting;
  std::thread other([&] { waiting = client->call(call_to("http://a/wait", "POST")); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(failure(client->call(call_to("http://a/die", "POST"))).maybe_done);
  other.join();
  CHECK(failure(waiting).maybe_done);
  for (int i = 0; i < 3; ++i) {
    CHECK(answered(client->call(call_to("http://a/")), "alive"));
    CHECK(failure(client->call(call_to("http://a/die", "POST"))).maybe_done);
  }
  CHECK(answered(client->call(call_to("http://a/")), "alive"));
  for (const auto& child : children_of(::getpid())) CHECK(child.state != 'Z');
}

TEST_CASE("what one host does to its process touches no other host's calls") {
  const auto client = guarded("mortal");
  CHECK(answered(client->call(call_to("https://good.example/")), "alive"));
  const auto before = children_of(::getpid());
  for (int i = 0; i < 3; ++i) CHECK(failure(client->call(call_to("https://bad.example/die", "POST"))).maybe_done);
  CHECK(answered(client->call(call_to("https://good.example/")), "alive"));
  bool same = false;
  for (const auto& child : children_of(::getpid())) same = same || child.pid == before.at(0).pid;
  CHECK(same);
}

TEST_CASE("a process killed under load costs only the calls under way") {
  TestServer server;
  const auto client = guarded("good");
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/echo";
  std::atomic<bool> over{false};
  std::atomic<int> good{0}, doubtful{0}, undone{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      while (!over) {
        const auto result = client->call(call_to(url, "POST", std::to_string(t)));
        if (const auto* failed = std::get_if<http::CallFailure>(&result)) ++(failed->maybe_done ? doubtful : undone);
        else ++(answered(result, std::to_string(t)) ? good : wrong);
      }
    });
  for (int round = 0; round < 5; ++round) {
    const int before = good;
    CHECK(soon([&] { return good > before + 5; }));
    for (const auto& child : children_of(::getpid())) ::kill(child.pid, SIGKILL);
  }
  const int before = good;
  CHECK(soon([&] { return good > before + 5; }));
  over = true;
  for (auto& t : threads) t.join();
  CHECK(wrong == 0);
  CHECK(doubtful + undone <= 5 * 4);
}

TEST_CASE("a mute process ends with the deadline of the call, and with its client") {
  {
    const auto client = guarded("mute");
    auto call = call_to("http://a/", "POST");
    call.deadline = bot::Millis{200};
    const auto failed = failure(client->call(call));
    CHECK(failed.maybe_done);
    CHECK(failed.reason.find("200 ms") != std::string::npos);
    CHECK(children_of(::getpid()).size() == 1);
  }
  CHECK(children_of(::getpid()).empty());
}

TEST_CASE("a stopped process is given up and replaced") {
  const auto client = guarded("mortal");
  CHECK(answered(client->call(call_to("http://a/")), "alive"));
  const auto stopped = children_of(::getpid()).at(0).pid;
  ::kill(stopped, SIGSTOP);
  auto call = call_to("http://a/", "POST");
  call.deadline = bot::Millis{100};
  CHECK(failure(client->call(call)).maybe_done);
  CHECK(soon([&] { return !support::exists(stopped); }));
  CHECK(answered(client->call(call_to("http://a/")), "alive"));
}

TEST_CASE("a process that babbles is ended, and its call is in doubt") {
  const auto client = guarded("babbles");
  for (const char* how : {"other number", "no frame", "huge frame", "beyond the cap"}) {
    INFO(how);
    auto call = call_to("http://a/", "POST", how);
    call.answer_cap = 1000000;  // more than one read, less than a frame may have
    CHECK(failure(client->call(call)).maybe_done);
  }
}

TEST_CASE("a process that cannot be started leaves the call surely not done, with the reason") {
  http::GuardedOptions options;
  options.command = {"/nowhere/muster", "outbound"};
  const auto client = http::make_guarded_client(options);
  for (int i = 0; i < 2; ++i) {
    const auto failed = failure(client->call(call_to("http://127.0.0.1:1/", "POST")));
    CHECK_FALSE(failed.maybe_done);
    CHECK(failed.reason.find("No such file") != std::string::npos);
  }
}

TEST_CASE("an idle process ends, and comes back with the next call") {
  TestServer server;
  const auto client = guarded("good", bot::Millis{100});
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/hello";
  CHECK(children_of(::getpid()).empty());
  for (int i = 0; i < 2; ++i) {
    CHECK(answered(client->call(call_to(url)), "hello"));
    CHECK(soon([] { return children_of(::getpid()).empty(); }));
  }
}

TEST_CASE("the process gets no secret of the environment, no argument and no file of ours") {
  ::setenv("MUSTER_TEST_TOKEN", "xoxb-environment-secret", 1);
  ::setenv("SSL_CERT_FILE", "/some/authority.pem", 1);
  int files[2];
  REQUIRE(::pipe(files) == 0);  // inherited unless somebody sees to it
  const auto client = guarded("tells");
  auto call = call_to("https://example.org/services/secret-path", "POST", "secret-body");
  call.headers = {{"Authorization", "Bearer secret-token"}};
  const auto result = client->call(call);
  ::unsetenv("MUSTER_TEST_TOKEN");
  ::unsetenv("SSL_CERT_FILE");
  for (const int fd : files) ::close(fd);
  REQUIRE(std::holds_alternative<http::Answer>(result));
  const std::string told = std::get<http::Answer>(result).body;
  INFO(told);
  CHECK(told.find("secret") == std::string::npos);
  CHECK(told.find("SSL_CERT_FILE=/some/authority.pem") != std::string::npos);
  CHECK(told.ends_with("| fd0 fd1 fd2 fd3"));
}

TEST_CASE("frames that are cut, stretched or altered are refused or read as what they are, never beyond their end") {
  http::NumberedCall call{7, call_to("https://example.org/a", "POST", "body")};
  call.call.headers = {{"A", "b"}, {"C", ""}};
  http::Answer answer;
  answer.status = 200;
  answer.headers = {{"a", "b"}};
  answer.body = "body";
  const std::string asked = http::frame_of(call).substr(4);
  const std::string told = http::frame_of(http::NumberedResult{7, answer}).substr(4);
  const std::string failed = http::frame_of(http::NumberedResult{8, http::CallFailure{false, "why"}}).substr(4);
  REQUIRE(http::call_in(asked));
  CHECK(http::call_in(asked)->call.headers == call.call.headers);
  REQUIRE(http::result_in(failed));
  CHECK_FALSE(std::get<http::CallFailure>(http::result_in(failed)->result).maybe_done);
  for (const std::string& whole : {asked, told, failed}) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
      CHECK_FALSE(http::call_in(whole.substr(0, n)));
      CHECK_FALSE(http::result_in(whole.substr(0, n)));
      std::string altered = whole;
      for (const char c : {'\xff', '\x7f', '\0'}) {
        altered[n] = c;
        (void)http::call_in(altered);
        (void)http::result_in(altered);
      }
    }
    CHECK_FALSE(http::call_in(whole + "x"));
    CHECK_FALSE(http::result_in(whole + "x"));
  }
}
