// Not a test: serves a console with a sample incident over the fake store, to look at. Run: console_tests "[preview]" with PORT set.
#include <cstdlib>
#include <fstream>

#include "stage.hpp"

using namespace stage;

TEST_CASE("Preview: a console with a sample incident", "[.][preview]") {
  Stage s;
  const auto wall = bot::system_clock();
  const auto minutes_ago = [&](int minutes) { s.env.clock.set(wall->now() - std::chrono::minutes(minutes)); };
  const char* file = std::getenv("PREVIEW_FILE");
  REQUIRE(file != nullptr);
  if (std::getenv("PREVIEW_EMPTY") == nullptr) {
    minutes_ago(400);
    s.say("declare sev3 Nightly export is late", "bob");
    s.say("INC-1 role commander", "bob");
    minutes_ago(49);
    s.say("declare sev1 Checkout returns 500 for card payments", "alice");
    s.say("INC-2 note First seen on the EU shard. Error rate 38 %.", "alice");
    minutes_ago(47);
    s.say("INC-2 role commander", "bob", "console");
    s.say("INC-2 impact EU card payments, about 40 % failing", "bob");
    s.say("INC-2 started " + bot::clock_text(wall->now() - std::chrono::minutes(53)).substr(0, 5), "bob");
    minutes_ago(41);
    s.say("INC-2 note DB pool exhausted on node 3\npool=20 in_use=20 waiting=311\nrestarting it now", "alice");
    s.say("INC-2 status identified connection leak in 4.2.1", "bob");
    s.say("INC-2 public investigating We are looking into failed card payments in Europe.", "bob");
    minutes_ago(30);
    const auto seq = s.store.timeline(2, 0, 1000)->back().seq;
    s.say("INC-2 note it was node 3", "alice");
    s.say("INC-2 correct " + std::to_string(seq + 1) + " it was node 4", "alice");
    s.say("INC-2 update Payments are back in the US; EU in about 20 minutes.", "bob");
    s.say("INC-2 severity sev2", "bob");
    minutes_ago(12);
    s.say("declare drill sev4 practise an incident", "mallory");
    s.say("INC-3 page bob please look", "mallory");
    minutes_ago(3);
    s.say("declare sev2 Search results are stale in the help centre", "alice");
    s.say("INC-2 status monitoring rolled back 4.2.1", "bob");
  }
  minutes_ago(0);
  s.console->start();
  std::ofstream(file) << s.host << "\n"
                      << s.console->first_link("bob", 600)->substr(21) << "\n"
                      << s.console->first_link("alice", 600)->substr(21) << "\n";
  while (std::ifstream(file).good()) {  // ends when the file is removed
    minutes_ago(0);
    s.env.clock.advance(bot::Millis{50});
    s.console->wake();
    tests::RawSocket::to(s.server->port()).hear(200);  // a pause that needs no clock
  }
}
