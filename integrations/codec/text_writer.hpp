// Writes JSON text directly, for the values on the hot path: no tree is built. Everything written is valid JSON and valid UTF-8.
// Place: the codec's own sources. Lives for one encode().
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace codec {

/// Appends `raw` as a JSON string with quotes; bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view raw);
/// True when `raw` is well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF).
bool well_formed(std::string_view raw);

/// Commas are placed by the writer; names must be plain ASCII literals without characters to escape.
class TextWriter {
 public:
  explicit TextWriter(std::size_t expected = 256) { out_.reserve(expected); }
  void begin_object() { value(); out_ += '{'; fresh_ = true; }
  void end_object() { out_ += '}'; fresh_ = false; }
  void begin_array() { value(); out_ += '['; fresh_ = true; }
  void end_array() { out_ += ']'; fresh_ = false; }
  TextWriter& name(std::string_view literal) {
    comma();
    out_ += '"';
    out_ += literal;
    out_ += "\":";
    named_ = true;
    return *this;
  }
  /// A member name that comes from outside.
  TextWriter& outside_name(std::string_view raw) {
    comma();
    append_string(out_, raw);
    out_ += ':';
    named_ = true;
    return *this;
  }
  void string(std::string_view raw) { value(); append_string(out_, raw); fresh_ = false; }
  void number(std::int64_t n) {
    value();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, n);
    out_.append(digits, end.ptr);
    fresh_ = false;
  }
  void boolean(bool b) { value(); out_ += b ? "true" : "false"; fresh_ = false; }
  /// A value already written by another TextWriter.
  void raw(std::string_view json) { value(); out_ += json; fresh_ = false; }
  std::string take() { return std::move(out_); }
  std::size_t size() const { return out_.size(); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  /// A value directly after its name needs no comma.
  void value() {
    if (named_) named_ = false;
    else comma();
  }
  std::string out_;
  bool fresh_ = true;
  bool named_ = false;
};

}  // namespace codec
