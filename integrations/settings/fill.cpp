// ${NAME} and ${file:PATH} in values. It works on the parsed tree, so nothing that is filled in can add keys or structure.
#include "integrations/settings/node.hpp"

namespace settings {
namespace {

constexpr std::size_t kMaxFilled = 64u << 10;

bool is_variable_name(const std::string& s) {
  if (s.empty() || s.size() > 200 || (s[0] >= '0' && s[0] <= '9')) return false;
  for (const char c : s)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

class Filler {
 public:
  Filler(const Outside& outside, std::vector<Fault>& faults) : outside_(outside), faults_(faults) {}

  void walk(Node& node, const std::string& path) {
    if (node.kind == Kind::scalar) return scalar(node, path);
    for (std::size_t i = 0; i < node.items.size(); ++i) walk(node.items[i], path + "[" + std::to_string(i) + "]");
    for (auto& member : node.members) walk(member.node, path.empty() ? member.key : path + "." + member.key);
  }

 private:
  void scalar(Node& node, const std::string& path) {
    if (node.text.find("${") == std::string::npos) return;
    std::string out;
    const std::string& in = node.text;
    for (std::size_t at = 0; at < in.size();) {
      if (in.compare(at, 3, "$${") == 0) {
        out += "${";
        at += 3;
      } else if (in.compare(at, 2, "${") == 0) {
        const auto end = in.find('}', at);
        // What stands in broken braces may be half a password, so it is not repeated.
        if (end == std::string::npos) return fault(node, path, "a \"${\" has no closing \"}\"; write \"$${\" where you mean these two characters");
        if (!replace(in.substr(at + 2, end - at - 2), node, path, out)) return;
        at = end + 1;
      } else {
        out += in[at++];
      }
    }
    node.text = std::move(out);
  }

  bool replace(const std::string& what, Node& node, const std::string& path, std::string& out) {
    node.filled = true;
    std::string value;
    if (what.compare(0, 5, "file:") == 0) {
      auto read = outside_.file(what.substr(5));
      if (!read) return fault(node, path, "${" + what + "}: " + read.error().message), false;
      value = *std::move(read);
      while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
    } else if (is_variable_name(what)) {
      auto variable = outside_.variable(what);
      if (!variable) return fault(node, path, "${" + what + "} is not set in the environment"), false;
      value = *std::move(variable);
    } else {
      return fault(node, path, "\"${…}\" takes the name of a variable or file:PATH"), false;
    }
    if (value.size() > kMaxFilled) return fault(node, path, "${" + what + "} is longer than 64 KiB"), false;
    out += value;
    return true;
  }

  void fault(Node& node, const std::string& path, const std::string& message) {
    node.broken = true;
    node.text.clear();
    faults_.push_back({node.line, path + ": " + message});
  }

  const Outside& outside_;
  std::vector<Fault>& faults_;
};

}  // namespace

void fill(Node& root, const Outside& outside, std::vector<Fault>& faults) { Filler(outside, faults).walk(root, ""); }

}  // namespace settings
