// Style, script and picture of the console, embedded in the binary, under names that change with their bytes.
// Threads: any; filled once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "integrations/http/server.hpp"

namespace console {

class Assets {
 public:
  Assets();
  /// "/assets/console-1a2b3c4d5e6f.css" for "console.css".
  const std::string& url(std::string_view name) const;
  /// The answer to GET /assets/…: cached for a year under the hashed name, always asked again under any other.
  http::Response serve(const http::Request& request) const;

 private:
  struct Asset {
    std::string name, url, type, etag;
    std::string_view bytes;
  };
  const Asset* find(const std::string& path) const;
  std::vector<Asset> all_;
};

}  // namespace console
