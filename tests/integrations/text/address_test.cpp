#include "integrations/text/address.hpp"

#include <catch2/catch.hpp>

using namespace text;

TEST_CASE("addresses: the host is found in whatever a person wrote for one") {
  CHECK(authority_of("https://user:pass@Status.Example.org:8443/x?y#z") == "Status.Example.org:8443");
  CHECK(authority_of("https://status.example.org?x=a@b") == "status.example.org");
  CHECK(authority_of("127.0.0.1:8080") == "127.0.0.1:8080");
  CHECK(authority_of("") == "");
  CHECK(host_of("https://status.example.org/a:b") == "status.example.org");
  CHECK(host_of("https://user@status.example.org:443") == "status.example.org");
  CHECK(host_of("127.0.0.1:8080") == "127.0.0.1");
  CHECK(host_of("[::1]:8080") == "[::1]");
  CHECK(host_of("http://[2001:db8::1]/x") == "[2001:db8::1]");
  CHECK(host_of("localhost") == "localhost");
}

TEST_CASE("addresses: slashes at the end go, and only ASCII letters become small") {
  CHECK(without_slash("https://a/b//") == "https://a/b");
  CHECK(without_slash("https://a") == "https://a");
  CHECK(without_slash("//") == "");
  CHECK(lower("Content-TYPE @Zz[") == "content-type @zz[");
  CHECK(lower("\xC3\x84") == "\xC3\x84");
}
