// What a fallible call returns: a value or an Error whose kind says what the caller should do.
// Place: every port and every parser. Expected failures never throw across a module's edge.
// Errors: a broken invariant is not an Error; it ends the process.
#pragma once

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace bot {

/// The caller's next move, not the cause.
enum class ErrorKind {
  invalid_input,  ///< change what was sent (HTTP 400 / 422)
  forbidden,      ///< ask somebody with the right (403)
  not_found,      ///< name something that exists (404)
  conflict,       ///< the state does not allow it; read and decide again (409)
  unavailable,    ///< nothing was recorded; the same request may be sent again (503)
  rejected,       ///< an outside system said no for good (502)
  corrupt,        ///< stored data is damaged, or a write's outcome is unknown; stop and be restarted (500/503)
};

/// `message` is a whole sentence for a person: what was wrong and what to do instead. Never holds a secret.
struct Error {
  ErrorKind kind = ErrorKind::invalid_input;
  std::string message;
  std::optional<std::chrono::milliseconds> retry_after;  ///< only with `unavailable`
  bool maybe_recorded = false;  ///< true: the change may be on disk; send again with the same dedup key
  std::string field = {};       ///< the argument at fault, when one is
  std::string typing = {};      ///< how to type it instead: follows the message, except beside a form's field, where nobody types
};

/// Either a T or an Error. REQUIRES: value() only when ok(), error() only when !ok(); otherwise the process ends.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}          // NOLINT: implicit on purpose
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}      // NOLINT
  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { check(ok()); return *std::get_if<0>(&v_); }
  const T& value() const& { check(ok()); return *std::get_if<0>(&v_); }
  T&& value() && { check(ok()); return std::move(*std::get_if<0>(&v_)); }
  const Error& error() const { check(!ok()); return *std::get_if<1>(&v_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  static void check(bool held) { if (!held) std::abort(); }
  std::variant<T, Error> v_;
};

struct Done {};  ///< "it worked and there is nothing to say"
using Status = Result<Done>;

inline Error fail(ErrorKind kind, std::string message) { return Error{kind, std::move(message), {}, false, {}}; }

}  // namespace bot
