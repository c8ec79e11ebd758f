// Who may sign in, over the command line: invitations and their end, through the running server and without one.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/muster_process.hpp"

using support::MusterProcess;

namespace {

bool has(const std::string& in, const std::string& words) { return in.find(words) != std::string::npos; }

struct Browser {
  std::string cookie;
  bool inside(MusterProcess& muster, http::Client& client) const {
    http::Call call;
    call.method = "GET";
    call.url = muster.url() + "/incidents";
    call.headers = {{"Cookie", cookie}};
    const auto result = client.call(call);
    const auto* answer = std::get_if<http::Answer>(&result);
    return answer != nullptr && answer->status == 200;
  }
};

std::string link_in(const std::string& out) {
  const auto at = out.find("/login/");
  return at == std::string::npos ? "" : out.substr(at, out.find_first_of(" \n", at) - at);
}

Browser signed_in(MusterProcess& muster, const std::string& person) {
  const auto invited = muster.run({"invite", person});
  INFO(invited.out);
  REQUIRE(invited.code == 0);
  const auto in = muster.post(link_in(invited.out), "", {{"Origin", muster.url()}, {"Sec-Fetch-Site", "same-origin"}});
  REQUIRE(in.status == 303);
  const std::string set = in.header("set-cookie");
  return {set.substr(0, set.find(';'))};
}

}  // namespace

TEST_CASE("sign-out ends all sign-ins and links of a person, with the server running and without it") {
  MusterProcess muster("console: {enabled: true}\npeople: [{id: alice, name: Alice}, {id: bob, name: Bob}]\n");
  REQUIRE(muster.start());
  const auto client = http::make_client();
  const Browser laptop = signed_in(muster, "bob"), phone = signed_in(muster, "Bob"), alice = signed_in(muster, "alice");
  REQUIRE(muster.run({"invite", "bob"}).code == 0);
  REQUIRE(laptop.inside(muster, *client));
  const auto out = muster.run({"sign-out", "Bob"});
  CHECK(out.out == "Signed out Bob: 2 sign-ins and 1 unused link ended.\n");
  CHECK(out.code == 0);
  CHECK_FALSE(laptop.inside(muster, *client));
  CHECK_FALSE(phone.inside(muster, *client));
  CHECK(alice.inside(muster, *client));
  CHECK(muster.run({"sign-out", "bob"}).out == "Bob was not signed in and had no unused link.\n");

  const auto unknown = muster.run({"sign-out", "alcie"});
  CHECK(unknown.code == 1);
  CHECK(has(unknown.out, "Nobody is called \"alcie\", and nobody of that name is signed in. Did you mean Alice? Type: muster sign-out alice"));

  REQUIRE(muster.stop() == 0);
  CHECK(muster.run({"sign-out", "alice"}).out == "Signed out Alice: 1 sign-in and 1 unused link ended.\n");  // the link is the one printed at the start
  REQUIRE(muster.start());
  CHECK_FALSE(alice.inside(muster, *client));
}

TEST_CASE("an invitation says when it makes a new person, and who may have been meant") {
  MusterProcess muster("console: {enabled: true}\npeople: [{id: alice, name: Alice}, {id: bob, name: Bob}]\n");
  REQUIRE(muster.start());
  CHECK_FALSE(has(muster.run({"invite", "bob"}).out, "New person"));
  const auto slip = muster.run({"invite", "Bobb"});
  CHECK(slip.code == 0);
  CHECK(has(slip.out, "New person Bobb (id bobb). Did you mean Bob? Then end this link with \"muster sign-out bobb\" and type: muster invite bob"));
  CHECK_FALSE(link_in(slip.out).empty());
  CHECK(muster.run({"sign-out", "bobb"}).out == "Signed out Bobb: 0 sign-ins and 1 unused link ended.\n");
  const auto stranger = muster.run({"invite", "Dana Doe"});
  CHECK(has(stranger.out, "New person Dana Doe (id dana-doe).\n"));
  CHECK_FALSE(has(stranger.out, "Did you mean"));
  CHECK_FALSE(has(muster.run({"invite", "dana-doe"}).out, "New person"));
}

TEST_CASE("with a listener of its own for what is private, the console's address and its links lead there") {
  const std::string inner = "http://127.0.0.1:" + std::to_string(support::free_port());
  MusterProcess muster("console: {enabled: true}\npeople: [{id: bob, name: Bob}]\n", "  private_listen: " + inner.substr(7) + "\n");
  REQUIRE(muster.start());
  CHECK(support::wait_for([&] { return has(muster.log(), "muster: console      " + inner + "/"); }));  // it is greeted after it is ready
  const auto invited = muster.run({"invite", "bob"});
  INFO(invited.out);
  CHECK(has(invited.out, inner + "/login/"));
  const auto client = http::make_client();
  http::Call call;
  call.url = inner + link_in(invited.out);
  const auto shown = client->call(call);
  const auto* answer = std::get_if<http::Answer>(&shown);
  REQUIRE(answer != nullptr);
  CHECK(answer->status == 200);
  CHECK(muster.get(link_in(invited.out)).status == 404);  // the outer one knows nothing of it
}

TEST_CASE("check-config refuses a certificate that serve would refuse") {
  MusterProcess muster("console: {enabled: true}\n", "  tls: {certificate: certificate.pem, key: key.pem}\n");
  for (const char* file : {"/certificate.pem", "/key.pem"}) std::ofstream(muster.folder() + file) << "no PEM\n";
  const auto checked = muster.run({"check-config"});
  CHECK(checked.code == 1);
  CHECK(has(checked.out, "server.tls: The certificate certificate.pem and key key.pem could not be used"));
  CHECK(muster.run({"verify"}).code != 0);  // no database yet …
  CHECK_FALSE(has(muster.run({"verify"}).out, "certificate"));  // … and that is all that is wrong with an offline verb
}
