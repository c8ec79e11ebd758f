// The neutral form of a verb: what a modal, a dialog or a web page asks before it becomes an Invocation.
// Place: made by commands (Commands::form), drawn by each chat that has forms; its submission is the typed Invocation of the same verb.
// A refused submission names its field (Reply::field), so that the words can stand beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bot/result.hpp"

namespace bot {

enum class FieldKind {
  line,    ///< one line of text
  text,    ///< several lines
  choice,  ///< one of `choices`
  person,  ///< a known person or somebody of the chat; its value is what `People::by_word` understands
};

struct Choice { std::string value, label; friend bool operator==(const Choice&, const Choice&) = default; };

struct Field {
  std::string arg;          ///< the invocation's argument
  std::string label;        ///< at most 48 code points
  FieldKind kind = FieldKind::line;
  bool required = true;
  std::string initial;      ///< what stands there when it opens; for choice and person a value
  std::string hint;         ///< one line below; may be empty
  std::vector<Choice> choices;
  std::size_t most = 0;     ///< code points of line and text; 0: the chat's own limit
  friend bool operator==(const Field&, const Field&) = default;
};

struct Form {
  std::string verb;
  std::optional<std::int64_t> incident;
  std::string title;        ///< at most 24 code points: Slack's modals hold no more
  std::string submit;       ///< the button, at most 24 code points
  std::vector<Field> fields;
  friend bool operator==(const Form&, const Form&) = default;
};

struct Request;

/// Where adapters get forms from: what the row says now, asked on the read side; leaves no trace. Implemented by the Coordinator.
class FormSource {
 public:
  virtual ~FormSource() = default;
  /// `request`: Typed or Invocation, as it would be submitted. Threads: any; may wait for a read.
  virtual Result<Form> form(const Request& request) = 0;
};

}  // namespace bot
