// Finds the handler of a path. Filled before the server starts, read-only afterwards.
// Threads: add() before start, find() from any I/O thread without a lock.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "integrations/http/server.hpp"

namespace http {

struct Route {
  std::string pattern;
  Handler handler;
  std::size_t body_limit = 0;  ///< 0: the server's
};

class Router {
 public:
  void add(const std::string& method, const std::string& pattern, Handler handler, std::size_t body_limit);

  struct Found {
    const Route* route = nullptr;
    std::string allow;  ///< when route is null: the methods the path knows, "" = unknown path
  };
  /// HEAD finds the GET route. `matched` receives what `{}` stood for.
  Found find(const std::string& method, const std::string& path, const std::vector<std::string>& segments,
             std::vector<std::string>& matched) const;

 private:
  struct Pattern {
    std::vector<std::string> pieces;  ///< "{}" and a final "*" are wild
    std::map<std::string, Route> methods;
  };
  static bool matches(const Pattern& pattern, const std::vector<std::string>& segments);

  std::unordered_map<std::string, Pattern> literal_;  ///< no wild piece: found by the path itself
  std::vector<Pattern> wild_;                         ///< most specific first
};

}  // namespace http
