#include "integrations/matrix/json.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

using nlohmann::json;

constexpr std::int64_t kLargest = (std::int64_t{1} << 53) - 1;
constexpr int kDeepest = 60;  // codec::parse reads 64
constexpr std::size_t kLongestNumber = 24;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// The four hex digits after "\u" at `at`, or -1.
int escape_at(const std::string& s, std::size_t at) {
  if (at + 6 > s.size() || s[at] != '\\' || s[at + 1] != 'u') return -1;
  for (std::size_t i = at + 2; i < at + 6; ++i)
    if (!is_hex(s[i])) return -1;
  return std::stoi(s.substr(at + 2, 4), nullptr, 16);
}

/// Copies the text with every value that the strict parser would stumble over replaced.
class Repair {
 public:
  explicit Repair(const std::string& text) : in_(text) { out_.reserve(text.size()); }
  std::string run() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (c == '"') copy_string();
      else if (c == '{' || c == '[') open();
      else if (c == '-' || (c >= '0' && c <= '9')) copy_number();
      else if (c == 'N' || c == 'I') replace_word();
      else {
        if (c == '}' || c == ']') --depth_;
        out_ += c;
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  void open() {
    if (++depth_ <= kDeepest) {
      out_ += in_[at_++];
      return;
    }
    skip_value();
    --depth_;
    out_ += "null";
  }
  /// The whole of a value that begins with a bracket.
  void skip_value() {
    int depth = 0;
    bool quoted = false;
    for (; at_ < in_.size(); ++at_) {
      const char c = in_[at_];
      if (quoted) {
        if (c == '\\') ++at_;
        else if (c == '"') quoted = false;
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        ++at_;
        return;
      }
    }
  }
  void copy_string() {
    out_ += in_[at_++];
    while (at_ < in_.size() && in_[at_] != '"') {
      const auto c = static_cast<unsigned char>(in_[at_]);
      if (c == '\\') copy_escape();
      else if (c < 0x20) out_ += ' ', ++at_;
      else out_ += in_[at_++];
    }
    if (at_ < in_.size()) out_ += in_[at_++];
  }
  void copy_escape() {
    const int unit = escape_at(in_, at_);
    if (unit < 0) {  // a short escape
      out_ += in_[at_++];
      if (at_ < in_.size()) out_ += in_[at_++];
      return;
    }
    const int next = unit >= 0xD800 && unit <= 0xDBFF ? escape_at(in_, at_ + 6) : -1;
    if (next >= 0xDC00 && next <= 0xDFFF) {
      out_.append(in_, at_, 12);
      at_ += 12;
      return;
    }
    if (unit >= 0xD800 && unit <= 0xDFFF) out_ += "\\ufffd";
    else out_.append(in_, at_, 6);
    at_ += 6;
  }
  void copy_number() {
    const std::size_t end = std::min(in_.find_first_not_of("-+.eE0123456789", at_), in_.size());
    const std::string number = in_.substr(at_, end - at_);
    at_ = end;
    const bool plain = number.size() <= kLongestNumber && number.find_first_of("eE") == std::string::npos;
    if (number == "-" && in_.compare(at_, 8, "Infinity") == 0) return;  // the word that follows is replaced
    out_ += plain ? number : "0";
  }
  /// NaN and Infinity, which some servers write.
  void replace_word() {
    const std::size_t end = std::min(in_.find_first_of(",]} \r\n\t", at_), in_.size());
    at_ = end;
    out_ += "null";
  }

  const std::string& in_;
  std::string out_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

const json& value_at(const json& object, const char* name) {
  static const json none;
  if (!object.is_object()) return none;
  const auto it = object.find(name);
  return it == object.end() ? none : *it;
}

std::string text_at(const json& object, const char* name) {
  const json& value = value_at(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

const json& object_at(const json& object, const char* name) {
  static const json none = json::object();
  const json& value = value_at(object, name);
  return value.is_object() ? value : none;
}

const json& array_at(const json& object, const char* name) {
  static const json none = json::array();
  const json& value = value_at(object, name);
  return value.is_array() ? value : none;
}

std::optional<std::int64_t> number_at(const json& object, const char* name) {
  const json& value = value_at(object, name);
  if (value.is_number_unsigned()) {
    const auto n = value.get<std::uint64_t>();
    return n <= static_cast<std::uint64_t>(kLargest) ? std::optional<std::int64_t>(static_cast<std::int64_t>(n)) : std::nullopt;
  }
  if (!value.is_number_integer()) return std::nullopt;
  const auto n = value.get<std::int64_t>();
  return n >= -kLargest && n <= kLargest ? std::optional<std::int64_t>(n) : std::nullopt;
}

bool flag_at(const json& object, const char* name) {
  const json& value = value_at(object, name);
  return value.is_boolean() && value.get<bool>();
}

json parse_tolerant(const std::string& text) {
  if (auto strict = codec::parse(text)) return *std::move(strict);
  const std::string utf8 = text::valid_utf8(text);
  auto repaired = codec::parse(Repair(utf8).run());
  return repaired ? *std::move(repaired) : json();
}

}  // namespace matrix
