// The same words in a second client that we did not write, matrix-js-sdk: what it shows people is what Muster means.
#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "tests/scenarios/matrix_scene.hpp"

using namespace scene;

namespace {

std::string client_folder() { return std::filesystem::path(support::homeserver_python()).parent_path().parent_path().parent_path() / "js"; }

bool no_client() {
  if (std::filesystem::exists(client_folder() + "/.installed")) return false;
  std::cerr << "\n*** SKIPPED: matrix-js-sdk is not here. tests/homeserver/install_js installs it. ***\n\n";
  return true;
}

struct Ended { int code = -1; std::string out; };

Ended run_client(MatrixScene& s) {
  const std::string command = "cd '" + client_folder() + "' && MUSTER_TEST_PASSWORD='password-of-alice-" + s.name + "' timeout 120 ./node '" + support::other_client() + "' '" +
                              s.hs.url() + "' '" + s.alice.user_id + "' '" + s.announcements + "' '" + s.bot.user_id + "' 2>&1";
  Ended out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> part{};
  while (const std::size_t n = fread(part.data(), 1, part.size(), pipe)) out.out.append(part.data(), n);
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

}  // namespace

TEST_CASE("Matrix, another client: matrix-js-sdk declares, sees room, card, button, edit and check mark, and presses") {
  if (no_homeserver() || no_client()) return;
  MatrixScene s(shared_homeserver());
  REQUIRE(s.start());
  const Ended client = run_client(s);
  INFO(client.out);
  CHECK(client.code == 0);
  CHECK(s.waits_for("note"));
  CHECK(s.incident()["roles"].dump().find("alice") != std::string::npos);
  CHECK(s.count("declared") == 1);
  CHECK(s.count("role") == 1);
}
