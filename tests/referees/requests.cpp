// Signed requests as Slack would send them, most of them spoilt in one or two ways, with Muster's verdict on each: one JSON object a line.
// Other verifiers are asked about the same requests (verifiers.mjs, verifiers.py). The same seed gives the same requests.
// referee_requests [COUNT] [SEED]
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "integrations/http/signature.hpp"
#include "tests/support/fake_env.hpp"

namespace {

const std::string kSecret = "8f742231b10e8888abcd99yyyzzz85a5";
constexpr std::int64_t kNow = 1531420618;

struct Request { std::string stamp, signature, body, spoilt; };

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Request next() {
    Request r;
    r.body = body();
    r.stamp = std::to_string(kNow + stamp_offset());
    r.signature = "v0=" + http::hmac_sha256_hex(bot::Secret(kSecret), "v0:" + r.stamp + ":" + r.body);
    // Three in ten stay as they are: a verifier that refuses everything must not agree with us.
    for (int times = below(10) < 3 ? 0 : 1 + below(2); times > 0; --times) spoil(r);
    return r;
  }

 private:
  int below(int n) { return static_cast<int>(random_.next() % static_cast<std::uint64_t>(n)); }

  /// Mostly now; sometimes at the very edges of the window, where off-by-one lives.
  std::int64_t stamp_offset() {
    static const std::int64_t edges[] = {0, -1, -299, -300, -301, -302, 1, 299, 300, 301, -100000, 100000};
    return below(3) == 0 ? edges[below(12)] : -below(290);
  }

  std::string body() {
    static const char* const pieces[] = {"text=declare+sev1+", "payload=%7B%22type%22%3A%22x%22%7D", "&command=%2Fincident", "\xC3\xA9\xE2\x98\x83", "{\"type\":\"event_callback\"}",
                                         "&user_id=U01", "\r\n", "=", "%", "+", "a\tb", "<!channel>", "\xF0\x9F\x94\xA5", " ", "&trigger_id=1.2.x", ":v0:1531420618:"};
    std::string out;
    for (int n = below(12); n > 0; --n) out += pieces[below(16)];
    return out;
  }

  void spoil(Request& r) {
    const int how = below(16);
    switch (how) {
      case 0: if (!r.body.empty()) r.body[static_cast<std::size_t>(below(static_cast<int>(r.body.size())))] ^= 1; r.spoilt += " body-bit"; break;
      case 1: r.body += "&x=1"; r.spoilt += " body-longer"; break;
      case 2: if (!r.body.empty()) r.body.pop_back(); r.spoilt += " body-shorter"; break;
      case 3: if (r.signature.size() > 3) r.signature[3 + static_cast<std::size_t>(below(static_cast<int>(r.signature.size()) - 3))] = hex(); r.spoilt += " digit"; break;
      case 4: r.signature += hex(); r.spoilt += " signature-longer"; break;
      case 5: if (r.signature.size() > 4) r.signature.pop_back(); r.spoilt += " signature-shorter"; break;
      case 6: for (char& c : r.signature) if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32); r.spoilt += " upper-case"; break;
      case 7: if (r.signature.size() > 1) r.signature[1] = '1'; r.spoilt += " version"; break;
      case 8: r.signature = ""; r.spoilt += " no-signature"; break;
      case 9: r.stamp = std::to_string(std::strtoll(r.stamp.c_str(), nullptr, 10) + 1); r.spoilt += " stamp+1"; break;
      case 10: r.stamp = std::to_string(kNow - 301); r.spoilt += " replayed"; break;
      case 11: r.signature = "v0=" + http::hmac_sha256_hex(bot::Secret("another-signing-secret-0123456789"), "v0:" + r.stamp + ":" + r.body); r.spoilt += " other-secret"; break;
      case 12: r.signature = "v0=" + http::hmac_sha256_hex(bot::Secret(kSecret), "v0:" + r.stamp + ":" + r.body + "\n"); r.spoilt += " newline"; break;
      case 13: r.signature = "v0="; r.spoilt += " empty-digest"; break;
      case 14: r.signature = r.signature.size() > 3 ? r.signature.substr(3) : ""; r.spoilt += " no-version"; break;
      default: r.body = r.body + r.body; r.spoilt += " twice"; break;
    }
  }

  char hex() { return "0123456789abcdef"[below(16)]; }

  support::SeededRandom random_;
};

std::string in_hex(const std::string& bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 10000;
  Maker maker(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  const bot::Time now{bot::Millis{kNow * 1000}};
  for (long i = 0; i < count; ++i) {
    const Request r = maker.next();
    const bool ok = http::slack_signature_ok(bot::Secret(kSecret), r.stamp, r.signature, r.body, now);
    const nlohmann::json line{{"secret", kSecret}, {"now", kNow}, {"stamp", r.stamp}, {"signature", r.signature}, {"body", in_hex(r.body)}, {"spoilt", r.spoilt}, {"muster", ok}};
    std::printf("%s\n", line.dump().c_str());
  }
  return 0;
}
