#include "integrations/http/signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

namespace http {
namespace {

constexpr std::int64_t kSlackWindowSeconds = 300;

std::string hex(const unsigned char* bytes, std::size_t n) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(n * 2, '0');
  for (std::size_t i = 0; i < n; ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  return out;
}

/// HMAC over two or three pieces without joining them: the body may be a megabyte.
std::string hmac_hex(const bot::Secret& key, const std::string& prefix, const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  std::string joined;
  joined.reserve(prefix.size() + bytes.size());
  joined += prefix;
  joined += bytes;
  HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(joined.data()),
       joined.size(), mac.data(), &size);
  return hex(mac.data(), size);
}

/// ^[0-9]{1,12}$: what Slack sends, and nothing a number parser might be talked into.
bool unix_seconds(const std::string& text, std::int64_t& out) {
  if (text.empty() || text.size() > 12) return false;
  out = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  return true;
}

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return -1;
}

}  // namespace

std::string sha256_hex(const std::string& bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hex(digest.data(), digest.size());
}

std::string hmac_sha256_hex(const bot::Secret& key, const std::string& bytes) { return hmac_hex(key, {}, bytes); }

bool same(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool slack_signature_ok(const bot::Secret& signing_secret, const std::string& timestamp_header, const std::string& signature_header,
                        const std::string& raw_body, bot::Time now) {
  if (signing_secret.empty()) return false;  // an empty key would let anybody sign
  std::int64_t sent = 0;
  if (!unix_seconds(timestamp_header, sent)) return false;
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::int64_t apart = seconds > sent ? seconds - sent : sent - seconds;
  if (apart > kSlackWindowSeconds) return false;
  // Exactly "v0=" and 64 lower-case hex digits; upper case cannot equal what we compute.
  if (signature_header.size() != 67 || signature_header.compare(0, 3, "v0=") != 0) return false;
  return same("v0=" + hmac_hex(signing_secret, "v0:" + timestamp_header + ":", raw_body), signature_header);
}

std::string webhook_signature(const bot::Secret& secret, const std::string& body, bot::Time now) {
  const auto seconds = std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  return "t=" + seconds + ",v1=" + hmac_hex(secret, seconds + ".", body);
}

std::string base64url(const std::string& bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (unsigned char c : bytes) {
    bits = (bits << 8) | c;
    for (held += 8; held >= 6; held -= 6) out += kAlphabet[(bits >> (held - 6)) & 63];
  }
  if (held > 0) out += kAlphabet[(bits << (6 - held)) & 63];
  return out;
}

bool base64url_decode(const std::string& text, std::string& out) {
  out.clear();
  if (text.size() % 4 == 1) return false;
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    const int value = value_of(c);
    if (value < 0) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 255);
    }
  }
  // Leftover bits must be zero, so that one value has one spelling.
  return (bits & ((1u << held) - 1)) == 0;
}

}  // namespace http
