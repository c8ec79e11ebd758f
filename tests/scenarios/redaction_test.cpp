// A redacted title is gone from everything that Muster keeps and shows, the name of the room that was made of it too, and the record still verifies.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/scenarios/scene.hpp"

using scene::Scene;
using support::wait_for;

namespace {

bool has(const std::string& in, const std::string& words) { return in.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a redacted title is neither in the API nor in the database, not even as the room's name, and verify finds nothing wrong") {
  scene::Options options;
  options.vendor = false;
  Scene s(options);
  REQUIRE(s.muster->start());
  REQUIRE(has(s.slash("declare sev2 Jane Roe cannot pay"), "INC-1"));
  REQUIRE(s.waits_for("room_opened"));
  REQUIRE(wait_for([&] { return s.room_name() == "inc-1-jane-roe-cannot-pay"; }));
  const auto shown = [&] {
    std::string out;
    for (const char* path : {"/api/v1/incidents", "/api/v1/incidents/INC-1", "/api/v1/incidents/INC-1/timeline?format=json", "/api/v1/incidents/INC-1/timeline?format=md"})
      out += s.muster->get(path).body;
    return out;
  };
  REQUIRE(has(shown(), "jane-roe"));
  REQUIRE(s.muster->command("INC-1 redact 1").status == 200);
  CHECK_FALSE(has(shown(), "jane-roe"));
  CHECK_FALSE(has(shown(), "Jane Roe"));
  CHECK(wait_for([&] { return s.slack.channel("inc-1").has_value(); }, 60));
  CHECK(s.muster->stop() == 0);
  const auto verified = s.muster->run({"verify"});
  INFO(verified.out);
  CHECK(verified.code == 0);
  for (const auto& file : std::filesystem::directory_iterator(s.muster->folder())) {
    if (file.path().string().rfind(s.muster->database(), 0) != 0) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto at = bytes.find("jane-roe");
    INFO(file.path().string() << ": " << (at == std::string::npos ? "" : bytes.substr(at - std::min<std::size_t>(at, 120), 300)));
    CHECK_FALSE(has(bytes, "jane-roe"));
    CHECK_FALSE(has(bytes, "Jane Roe"));
  }
}
