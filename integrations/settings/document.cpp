// yaml-cpp's events → our tree. Its own node type is not used: it has no line for keys, merges duplicates and shares aliased nodes.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "integrations/settings/node.hpp"
#include "integrations/text/html.hpp"

namespace settings {
namespace {

constexpr std::size_t kMaxBytes = 1u << 20;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 20000;
constexpr int kMaxAliases = 100;

/// Ends the reading of a document that is refused as a whole; caught in parse_document.
struct Refusal {
  int line;
  std::string message;
};

std::size_t size_of(const Node& node) {
  std::size_t n = 1;
  for (const auto& item : node.items) n += size_of(item);
  for (const auto& member : node.members) n += size_of(member.node);
  return n;
}

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::vector<Fault>& faults) : faults_(faults) {}
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refusal{line_of(mark), "a second document begins here; settings are one document"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.line = line_of(mark);
    count(1, node.line);
    place(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const int line = line_of(mark);
    if (++aliases_ > kMaxAliases) throw Refusal{line, "more than 100 aliases"};
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw Refusal{line, "an alias inside the value it stands for"};
    count(size_of(it->second), line);
    place(Node(it->second), YAML::NullAnchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Node node;
    node.kind = Kind::scalar;
    node.line = line_of(mark);
    node.text = value;
    check_tag(tag, node.line);
    count(1, node.line);
    place(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;
    std::string key;
    int key_line = 0;
  };

  static int line_of(const YAML::Mark& mark) { return mark.line + 1; }

  static void check_tag(const std::string& tag, int line) {
    if (!tag.empty() && tag != "?" && tag != "!") throw Refusal{line, "a tag (\"!…\") has no meaning here; leave it out"};
  }

  void count(std::size_t nodes, int line) {
    nodes_ += nodes;
    if (nodes_ > kMaxNodes) throw Refusal{line, "more than 20,000 values"};
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Frame frame;
    frame.node.kind = kind;
    frame.node.line = line_of(mark);
    frame.anchor = anchor;
    check_tag(tag, frame.node.line);
    count(1, frame.node.line);
    if (stack_.size() >= kMaxDepth) throw Refusal{frame.node.line, "more than 32 levels"};
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    place(std::move(frame.node), frame.anchor);
  }

  void place(Node node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      count(size_of(node), node.line);  // the kept copy takes memory too
      anchors_[anchor] = node;
    }
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& into = stack_.back();
    if (into.node.kind == Kind::list) {
      into.node.items.push_back(std::move(node));
    } else if (!into.has_key) {
      if (node.kind != Kind::scalar) throw Refusal{node.line, "a key must be a word"};
      into.has_key = true;
      into.key = std::move(node.text);
      into.key_line = node.line;
    } else {
      into.has_key = false;
      if (node.kind == Kind::none) node.line = into.key_line;  // the library puts an absent value where the next token is
      add(into.node, {std::move(into.key), into.key_line, std::move(node)});
    }
  }

  void add(Node& map, Member member) {
    for (const auto& have : map.members)
      if (have.key == member.key) {
        faults_.push_back({member.line, "the key \"" + text::shorten(text::clean(member.key, true), 60) + "\" is here twice; the first is on line " +
                                            std::to_string(have.line)});
        return;
      }
    map.members.push_back(std::move(member));
  }

  std::vector<Fault>& faults_;
  Node root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  int aliases_ = 0;
  int documents_ = 0;
};

}  // namespace

Node parse_document(const std::string& yaml, std::vector<Fault>& faults) {
  if (yaml.size() > kMaxBytes) {
    faults.push_back({0, "the file is larger than 1 MiB"});
    return {};
  }
  // yaml-cpp would take NUL for the end and other encodings for text.
  if (!text::is_valid_utf8(yaml) || yaml.find('\0') != std::string::npos) {
    faults.push_back({0, "the file is not UTF-8 text"});
    return {};
  }
  Builder builder(faults);
  try {
    std::istringstream in(yaml);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refusal& refusal) {
    faults.push_back({refusal.line, refusal.message});
  } catch (const YAML::Exception& e) {
    faults.push_back({e.mark.line + 1, "not readable as YAML: " + e.msg});
  } catch (const std::exception&) {
    faults.push_back({0, "not readable as YAML"});
  }
  return {};
}

}  // namespace settings
