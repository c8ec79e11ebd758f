// Every fault the proxy can play, by name: the tests of the client and of the real binary walk through the same list.
#include <cstdlib>
#include <set>

#include "tests/support/fault_proxy.hpp"

namespace support {
namespace {

using Kind = Fault::Kind;
const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kOk + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

Fault of(Kind kind, bool works = false) {
  Fault out;
  out.kind = kind;
  out.works = works;
  return out;
}

Fault say(std::string head, std::string piece = {}, std::size_t n = 0) {
  Fault out = of(Kind::say);
  out.head = std::move(head);
  out.piece = std::move(piece);
  out.n = n;
  return out;
}

std::string megabyte(const std::string& of_this) {
  std::string out;
  while (out.size() < (1u << 20)) out += of_this;
  return out;
}

void add_silences(std::vector<NamedFault>& out) {
  Fault slow = of(Kind::delay);
  slow.delay = bot::Millis{300};
  slow.harmless = true;
  out.push_back({"a short delay", slow});
  out.push_back({"closed before the request", of(Kind::drop)});
  out.push_back({"closed after the request", of(Kind::close_after)});
  out.push_back({"closed after the work", of(Kind::close_after, true)});
  out.push_back({"black hole", of(Kind::black_hole)});
  out.push_back({"black hole after the work", of(Kind::black_hole, true)});
  out.push_back({"half close", of(Kind::half_close)});
  Fault drip = of(Kind::drip);
  drip.delay = bot::Millis{200};
  out.push_back({"drip", drip});
  for (const std::size_t n : {0, 1, 20, 60}) {
    Fault reset = of(Kind::reset_after);
    reset.n = n;
    out.push_back({"reset after " + std::to_string(n) + " bytes", reset});
  }
}

void add_lies(std::vector<NamedFault>& out) {
  Fault length = of(Kind::wrong_length);
  length.shift = 10;
  out.push_back({"Content-Length too long", length});
  length.shift = -1;
  length.harmless = true;  // for HTTP; what is left of the JSON is the sender's to judge
  out.push_back({"Content-Length too short", length});
  for (const char* size : {"-1", "-2", "-80000000", "ffffffff", "7fffffff", "ffffffffffffffff", "zz", "", "5;", " 5", "0x5"})
    out.push_back({std::string("chunk size \"") + size + "\"", say(kChunked + size + "\r\nhello")});
  for (const char* length_text : {"-1", "99999999999999999999", "abc", "2000000000"})
    out.push_back({std::string("Content-Length ") + length_text, say(kOk + "Content-Length: " + length_text + "\r\n\r\nhello")});
  Fault garbage = of(Kind::before);
  garbage.head = std::string("\x00\xff\x16\x03 xyzzy\r\n", 12);
  out.push_back({"garbage before the status line", garbage});
  out.push_back({"a status line without a status", say("HTTP/1.1\r\n\r\n")});
  out.push_back({"a status beyond any", say("HTTP/1.1 99999999999 OK\r\nContent-Length: 0\r\n\r\n")});
  out.push_back({"an unknown transfer coding", say(kOk + "Transfer-Encoding: xchunked\r\n\r\nhello")});
  Fault interim = of(Kind::before);
  interim.head = "HTTP/1.1 100 Continue\r\n\r\n";
  out.push_back({"100 Continue first", interim});
}

void add_floods(std::vector<NamedFault>& out) {
  out.push_back({"400 MB with a length", say(kOk + "Content-Length: 419430400\r\n\r\n", megabyte("x"), 400)});
  out.push_back({"400 MB without a length", say(kOk + "Connection: close\r\n\r\n", megabyte("x"), 400)});
  out.push_back({"400 MB in chunks", say(kChunked, "100000\r\n" + megabyte("x") + "\r\n", 400)});
  out.push_back({"400 MB in one chunk", say(kChunked + "19000000\r\n", megabyte("x"), 400)});
  out.push_back({"endless headers", say(kOk, megabyte("X-Filler: " + std::string(1000, 'x') + "\r\n"), 400)});
  out.push_back({"one endless header", say(kOk + "X-Filler: ", megabyte("x"), 400)});
  out.push_back({"an endless status line", say("HTTP/1.1 200 ", megabyte("x"), 400)});
  out.push_back({"an endless chunk line", say(kChunked, megabyte("1"), 400)});
  out.push_back({"endless 100 Continue", say("", megabyte("HTTP/1.1 100 Continue\r\n\r\n"), 100)});
}

}  // namespace

std::vector<NamedFault> all_faults(const std::string& elsewhere) {
  std::vector<NamedFault> out;
  add_silences(out);
  add_lies(out);
  add_floods(out);
  for (const char* status : {"301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"}) {
    Fault redirect = say(std::string("HTTP/1.1 ") + status + "\r\nLocation: " + elsewhere + "\r\nContent-Length: 0\r\n\r\n");
    redirect.harmless = true;  // an answer like others, which nobody follows
    out.push_back({std::string("redirect ") + status, redirect});
  }
  return out;
}

std::vector<NamedFault> typical_faults(const std::string& elsewhere) {
  static const std::set<std::string> typical{"a short delay", "closed before the request", "closed after the work", "black hole after the work", "half close", "drip",
                                             "reset after 20 bytes", "Content-Length too long", "chunk size \"-1\"", "garbage before the status line",
                                             "100 Continue first", "400 MB in chunks", "400 MB in one chunk", "one endless header", "redirect 302 Found"};
  std::vector<NamedFault> out;
  for (auto& each : all_faults(elsewhere))
    if (typical.count(each.name) == 1 || std::getenv("MUSTER_ALL_FAULTS") != nullptr) out.push_back(std::move(each));
  return out;
}

}  // namespace support
