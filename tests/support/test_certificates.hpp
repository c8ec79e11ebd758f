// A certificate authority for one test, and certificates of it: good, expired, not yet valid, for another host.
// Place: tests only. Owns a folder with PEM files, removed at the end.
#pragma once

#include <memory>
#include <string>

namespace support {

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;

  struct Pair { std::string certificate, key; };  ///< file names
  /// For "localhost" unless said otherwise; valid from and until so many seconds from now.
  Pair issue(const std::string& host = "localhost", long from = -60, long until = 3600);
  /// The file that a client must trust.
  std::string file() const { return folder_ + "/authority.pem"; }

 private:
  struct Keys;
  std::string folder_;
  std::unique_ptr<Keys> keys_;
  int last_ = 0;
};

/// SSL_CERT_FILE is the authority's, for this process and those it starts, as long as this lives.
class Trust {
 public:
  explicit Trust(const TestAuthority& authority);
  ~Trust();
  Trust(const Trust&) = delete;
};

}  // namespace support
