#include <catch2/catch.hpp>

#include "integrations/http/signature.hpp"

namespace {

const bot::Secret kSecret{"8f742231b10e8888abcd99yyyzzz85a5"};
const std::string kStamp = "1531420618";
const bot::Time kNow{std::chrono::seconds{1531420618}};

const std::string kDocumented =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name="
    "roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%"
    "2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const std::string kDocumentedSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

bool ok(const std::string& body, const std::string& signature, bot::Time now = kNow, const std::string& stamp = kStamp) {
  return http::slack_signature_ok(kSecret, stamp, signature, body, now);
}

}  // namespace

TEST_CASE("the documented Slack signature is accepted") {
  REQUIRE(kDocumented.size() == 362);
  CHECK(ok(kDocumented, kDocumentedSignature));
}

TEST_CASE("Slack signatures of raw UTF-8, empty and JSON bodies are accepted") {
  const std::string utf8 = "{\"type\":\"event_callback\",\"event\":{\"type\":\"message\",\"text\":\"caf\xc3\xa9 \xe2\x98\x83 &lt;x&gt;\"}}";
  REQUIRE(utf8.size() == 81);
  CHECK(ok(utf8, "v0=1d0280c5a5e84e63cad0c89aca95d1c1bd6e6253f0ee6fa96fb26cafa2905bb1"));
  CHECK(ok("", "v0=55f41ec73231010289b54e669149ea021fccab11b5524355523533ce930cb739"));
  const std::string challenge =
      R"({"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"})";
  REQUIRE(challenge.size() == 129);
  CHECK(ok(challenge, "v0=f9bd80929259f3f6d5fe3a3186c453c89cd1ad4862815a15837584f31c993652"));
}

TEST_CASE("a Slack signature is refused when body, stamp or signature differ by anything") {
  std::string body = kDocumented;
  body[100] ^= 1;
  CHECK_FALSE(ok(body, kDocumentedSignature));
  for (std::size_t at : {3u, 30u, 66u}) {
    std::string signature = kDocumentedSignature;
    signature[at] = signature[at] == 'a' ? 'b' : 'a';
    CHECK_FALSE(ok(kDocumented, signature));
  }
  CHECK_FALSE(ok(kDocumented, kDocumentedSignature, kNow, "1531420619"));
  std::string other = kDocumentedSignature;
  other[1] = '1';
  CHECK_FALSE(ok(kDocumented, other));  // v1=
  std::string upper = kDocumentedSignature;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  upper[0] = 'v';
  CHECK_FALSE(ok(kDocumented, upper));
  CHECK_FALSE(ok(kDocumented, ""));
  CHECK_FALSE(ok(kDocumented, kDocumentedSignature.substr(0, 66)));
  CHECK_FALSE(ok(kDocumented, kDocumentedSignature + "0"));
  CHECK_FALSE(http::slack_signature_ok(bot::Secret{}, kStamp, kDocumentedSignature, kDocumented, kNow));
  CHECK_FALSE(http::slack_signature_ok(bot::Secret{"8f742231b10e8888abcd99yyyzzz85a6"}, kStamp, kDocumentedSignature, kDocumented, kNow));
}

TEST_CASE("a Slack stamp counts for 300 seconds in both directions and not for 301") {
  for (int seconds : {-300, 0, 300}) CHECK(ok(kDocumented, kDocumentedSignature, kNow + std::chrono::seconds(seconds)));
  for (int seconds : {-301, 301, 86400}) CHECK_FALSE(ok(kDocumented, kDocumentedSignature, kNow + std::chrono::seconds(seconds)));
}

TEST_CASE("a Slack stamp that is not a plain number is refused") {
  for (const char* stamp : {"", "-1531420618", "+1531420618", " 1531420618", "1531420618 ", "1531420618.0", "0x5b47a98a", "1531420618000000", "now",
                            "1531420618,1531420618"})
    CHECK_FALSE(ok(kDocumented, kDocumentedSignature, kNow, stamp));
}

TEST_CASE("SHA-256 and HMAC-SHA-256 give the published answers") {
  CHECK(http::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(http::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(http::hmac_sha256_hex(bot::Secret{"Jefe"}, "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231, case 2
}

TEST_CASE("our own webhook signature covers time and body") {
  const bot::Secret secret{"0123456789abcdef"};
  const std::string made = http::webhook_signature(secret, "{}", kNow);
  CHECK(made == "t=1531420618,v1=" + http::hmac_sha256_hex(secret, "1531420618.{}"));
  CHECK(made != http::webhook_signature(secret, "{}", kNow + std::chrono::seconds(1)));
}

TEST_CASE("comparison answers by content and length") {
  CHECK(http::same("", ""));
  CHECK(http::same("abc", "abc"));
  CHECK_FALSE(http::same("abc", "abd"));
  CHECK_FALSE(http::same("abc", "abcd"));
}

TEST_CASE("base64url goes both ways and has one spelling per value") {
  for (const std::string& raw : {std::string(), std::string("f"), std::string("fo"), std::string("foo"), std::string("foob"), std::string("\xff\xfe\x00\x01", 4)}) {
    std::string back;
    CHECK(http::base64url_decode(http::base64url(raw), back));
    CHECK(back == raw);
  }
  CHECK(http::base64url("\xfb\xff") == "-_8");
  std::string out;
  for (const char* bad : {"A", "AA=", "A+/A", "Zh", "Zm9v!"}) CHECK_FALSE(http::base64url_decode(bad, out));
}
