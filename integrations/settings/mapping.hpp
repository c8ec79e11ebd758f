// Reads one YAML mapping key by key: each question names a known key, finish() tells about all others.
// Place: used by the sections; collects faults in a Report and never stops at the first.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bot/secret.hpp"
#include "integrations/settings/node.hpp"

namespace settings {

/// Where faults gather, and on which line each value that was read stands (by path: "people[0].webhook").
class Report {
 public:
  void at(int line, std::string message) { faults_.push_back({line, std::move(message)}); }
  /// A fault of the value at `path`: "path: message".
  void about(const std::string& path, const std::string& message);
  /// Not a fault: it can be started with, and will disappoint somebody.
  void warn(const std::string& path, const std::string& message) { warnings_.push_back({line_of(path), path + ": " + message}); }
  void remember(const std::string& path, int line) { lines_[path] = line; }
  /// This value came from outside: no message may repeat it, wherever it turns up.
  void hide(const std::string& value) { hidden_.insert(value); }
  bool hidden(const std::string& value) const { return hidden_.count(value) > 0; }
  /// Those of `words` that a message may name.
  std::vector<std::string> sayable(const std::vector<std::string>& words) const;
  bool has(const std::string& path) const { return lines_.count(path) > 0; }
  int line_of(const std::string& path) const;  ///< of the nearest enclosing path that was read; 0 = none
  std::vector<Fault>& faults() { return faults_; }
  std::vector<Fault>& warnings() { return warnings_; }

 private:
  std::vector<Fault> faults_, warnings_;
  std::map<std::string, int> lines_;
  std::set<std::string> hidden_;
};

enum class Need { optional, required };

class Mapping {
 public:
  /// `node` that is no mapping is a fault and reads as empty. REQUIRES: node and report outlive this.
  Mapping(const Node& node, int line, std::string path, Report& report);

  // Each leaves `out` as it is when the key is absent or its value faulty.
  void text(const std::string& key, std::string& out, Need need = Need::optional);
  void url(const std::string& key, std::string& out, Need need = Need::optional);
  void flag(const std::string& key, bool& out);
  void number(const std::string& key, int& out, int least, int most);
  void duration(const std::string& key, bot::Millis& out, bot::Millis least, bot::Millis most);
  /// At least 16 bytes; an optional one may be "".
  void secret(const std::string& key, bot::Secret& out, Need need = Need::optional);
  void texts(const std::string& key, std::vector<std::string>& out);
  void pairs(const std::string& key, std::map<std::string, std::string>& out);
  /// True when the key is there. A section without any value reads as an empty one.
  bool section(const std::string& key, const std::function<void(Mapping&)>& read);
  void each(const std::string& key, const std::function<void(Mapping&)>& read);
  /// Every member of a mapping whose keys are free.
  void members(const std::string& key, const std::function<void(const std::string& name, const Member&)>& read);

  bool has(const std::string& key) { return find(key) != nullptr; }
  /// Unknown keys, each with the nearest known one.
  void finish();
  /// finish() says nothing: which keys are known depends on one that is wrong itself.
  void ignore_rest() { ignore_rest_ = true; }

  const std::string& path() const { return path_; }
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  int line() const { return line_; }
  Report& report() { return report_; }

 private:
  const Member* find(const std::string& key);
  const Node* of_kind(const std::string& key, Kind kind, const char* wanted);
  bool scalar(const Node& node, const std::string& path, std::string& out);
  const Node* required(const std::string& key, Need need);

  const Node& node_;
  int line_;
  std::string path_;
  Report& report_;
  std::vector<std::string> known_;
  bool ignore_rest_ = false;
  bool wrong_kind_ = false;
};

}  // namespace settings
