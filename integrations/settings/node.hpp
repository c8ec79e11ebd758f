// A settings file as a tree of plain values with line numbers: all that the YAML library is used for.
// Place: made by parse_document, filled in by fill, read through Mapping.
#pragma once

#include <string>
#include <vector>

#include "integrations/settings/load.hpp"

namespace settings {

enum class Kind { none, scalar, list, map };

struct Member;

struct Node {
  Kind kind = Kind::none;
  int line = 0;
  std::string text;             ///< scalar; after fill() with every ${…} replaced
  bool filled = false;          ///< something came from outside: never shown in a message
  bool broken = false;          ///< a fault was already told: no second one about its value
  std::vector<Node> items;      ///< list
  std::vector<Member> members;  ///< map, in order, keys unique
};

struct Member {
  std::string key;
  int line = 0;
  Node node;
};

/// One YAML document of at most 1 MiB, 32 levels and 20,000 nodes, aliases counted as often as they are used (at most 100).
/// Several documents, tags, duplicate keys and keys that are no text are faults. On a syntax error the root is empty.
Node parse_document(const std::string& yaml, std::vector<Fault>& faults);

/// Replaces ${NAME} and ${file:PATH} in scalar values (never in keys; what was filled in is not looked at again). "$${" stays "${".
void fill(Node& root, const Outside& outside, std::vector<Fault>& faults);

}  // namespace settings
