// The local socket: what is asked comes in whole, who may not ask cannot, and nobody can block the server.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "integrations/cli/control_socket.hpp"
#include "integrations/cli/unix_address.hpp"

using cli::control_call;
using nlohmann::json;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/muster-control-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() {
    for (const char* file : {"/s", "/file"}) unlink((path + file).c_str());
    rmdir(path.c_str());
  }
  std::string socket() const { return path + "/s"; }
  std::string path;
};

std::string echo(const std::string& request) {
  const auto parsed = json::parse(request);
  return json{{"echo", parsed}}.dump(2);  // pretty: several lines
}

/// A connection that speaks for itself.
struct Raw {
  explicit Raw(const std::string& path) {
    const cli::UnixAddress address(path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(connect(fd, address.get(), address.size()) == 0);
  }
  ~Raw() { close(fd); }
  void say(const std::string& bytes) { CHECK(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0); }
  std::string hear() {
    std::string out;
    char block[4096];
    for (ssize_t n; (n = recv(fd, block, sizeof block, 0)) > 0;) out.append(block, static_cast<std::size_t>(n));
    return out;
  }
  int fd;
};

}  // namespace

TEST_CASE("a request is answered in one line") {
  Folder folder;
  cli::ControlServer server(folder.socket(), echo);
  REQUIRE(server.start().ok());
  for (int i = 0; i < 20; ++i) {
    const auto answer = control_call(folder.socket(), json{{"verb", "invite"}, {"n", i}}.dump());
    REQUIRE(answer.ok());
    CHECK(json::parse(answer.value())["echo"]["n"] == i);
  }
  const std::string large(60000, 'x');
  const auto answer = control_call(folder.socket(), json{{"x", large}}.dump());
  REQUIRE(answer.ok());
  CHECK(json::parse(answer.value())["echo"]["x"] == large);
}

TEST_CASE("only its owner may use the socket, and it is gone after stop") {
  Folder folder;
  cli::ControlServer server(folder.socket(), echo);
  REQUIRE(server.start().ok());
  struct stat there {};
  REQUIRE(stat(folder.socket().c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  server.stop();
  server.stop();
  CHECK(stat(folder.socket().c_str(), &there) != 0);
  const auto answer = control_call(folder.socket(), "{}");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == bot::ErrorKind::not_found);
}

TEST_CASE("the socket of a dead process is replaced, that of a living one is not, and a file is left alone") {
  Folder folder;
  {
    const cli::UnixAddress address(folder.socket());
    const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(bind(dead, address.get(), address.size()) == 0);
    close(dead);
  }
  const auto refused = control_call(folder.socket(), "{}");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == bot::ErrorKind::not_found);
  cli::ControlServer server(folder.socket(), echo);
  REQUIRE(server.start().ok());
  cli::ControlServer second(folder.socket(), echo);
  const auto conflict = second.start();
  REQUIRE_FALSE(conflict.ok());
  CHECK(conflict.error().kind == bot::ErrorKind::conflict);
  CHECK(control_call(folder.socket(), "{}").ok());

  const std::string file = folder.path + "/file";
  std::ofstream(file) << "precious";
  cli::ControlServer third(file, echo);
  CHECK_FALSE(third.start().ok());
  CHECK(std::ifstream(file).good());
  cli::ControlServer nowhere(folder.path + "/no/such/folder/s", echo);
  CHECK_FALSE(nowhere.start().ok());
}

TEST_CASE("a path longer than the kernel takes works all the same") {
  Folder folder;
  std::string deep = folder.path;
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) {
    deep += "/" + std::string(40, 'd');
    REQUIRE(mkdir(deep.c_str(), 0700) == 0);
    made.push_back(deep);
  }
  {
    cli::ControlServer server(deep + "/s", echo);
    REQUIRE(server.start().ok());
    CHECK(control_call(deep + "/s", "{}").ok());
  }
  for (auto it = made.rbegin(); it != made.rend(); ++it) CHECK(rmdir(it->c_str()) == 0);
}

TEST_CASE("what is no JSON object never reaches the handler") {
  Folder folder;
  std::atomic<int> handled{0};
  cli::ControlServer server(folder.socket(), [&](const std::string&) {
    ++handled;
    return std::string("{}");
  });
  REQUIRE(server.start().ok());
  for (const std::string& bad : {std::string("hello"), std::string("[1]"), std::string("\xff"), std::string(5000, '['), std::string("")}) {
    const auto answer = control_call(folder.socket(), bad);
    REQUIRE(answer.ok());
    CHECK(json::parse(answer.value()).contains("error"));
  }
  CHECK(control_call(folder.socket(), std::string(70000, ' ')).error().kind == bot::ErrorKind::invalid_input);
  CHECK(control_call(folder.socket(), "{}\n{}").error().kind == bot::ErrorKind::invalid_input);
  {
    Raw raw(folder.socket());
    raw.say(std::string(70000, ' ') + "\n");
    CHECK(raw.hear().empty());
  }
  { Raw silent(folder.socket()); }
  {
    Raw half(folder.socket());
    half.say("{\"a\":");
  }
  CHECK(handled == 0);
  CHECK(control_call(folder.socket(), "{}").ok());
  CHECK(handled == 1);
}

TEST_CASE("a handler that throws or answers nonsense becomes an error, not an end") {
  Folder folder;
  cli::ControlServer server(folder.socket(), [](const std::string& request) -> std::string {
    if (request == "{\"a\":1}") throw std::runtime_error("secret");
    return request == "{\"a\":2}" ? "nonsense" : "{\"x\":\"" + std::string(2u << 20, 'x') + "\"}";
  });
  REQUIRE(server.start().ok());
  for (const char* request : {"{\"a\":1}", "{\"a\":2}", "{}"}) {
    const auto answer = control_call(folder.socket(), request);
    REQUIRE(answer.ok());
    CHECK(json::parse(answer.value()).contains("error"));
    CHECK(answer.value().find("secret") == std::string::npos);
  }
}

TEST_CASE("a server that is stopped while a caller dawdles does not wait for it") {
  Folder folder;
  cli::ControlServer server(folder.socket(), echo);
  REQUIRE(server.start().ok());
  Raw dawdler(folder.socket());
  dawdler.say("{");
  server.stop();
  CHECK(dawdler.hear().empty());
}

TEST_CASE("no answer in time is said to be of unknown outcome") {
  Folder folder;
  const cli::UnixAddress address(folder.socket());
  const int mute = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(mute, address.get(), address.size()) == 0);
  REQUIRE(listen(mute, 1) == 0);
  const auto answer = control_call(folder.socket(), "{}", bot::Millis{50});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == bot::ErrorKind::unavailable);
  CHECK(answer.error().maybe_recorded);
  close(mute);
}

TEST_CASE("the socket lies next to the database") { CHECK(cli::control_path("data/muster.db") == "data/muster.db.control"); }
