// From the engine's errors to sentences: what a failed read or write means for the caller.
// Place: the edges of this folder; nothing below them catches.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "bot/result.hpp"
#include "integrations/storage/sqlite_connection.hpp"

namespace storage {

/// Stored data that cannot be understood, on its way to the edge.
struct Damaged { bot::Error error; };
[[noreturn]] void damaged(const std::string& what);

template <class T>
T sound(bot::Result<T> decoded) {
  if (!decoded) throw Damaged{decoded.error()};
  return std::move(decoded).value();
}

/// What happened, for a person.
std::string words_of(const SqlError& error);
/// A read that failed: a person may ask again, or the file is damaged.
bot::Error read_failure(const SqlError& error);
/// A write that failed. `corrupt` with maybe_recorded: the outcome is unknown and the store must not be used again.
bot::Error write_failure(const SqlError& error);

/// Anything else that was thrown: a lack of memory passes, a fault of this program does not. The write was undone.
bot::Error read_fault(const std::exception& fault);
bot::Error write_fault(const std::exception& fault);

/// Runs a read and turns what it throws into an Error.
template <class Work>
auto guarded(Work work) -> bot::Result<decltype(work())> {
  try {
    return work();
  } catch (const SqlError& error) {
    return read_failure(error);
  } catch (const Damaged& damage) {
    return damage.error;
  } catch (const std::exception& fault) {
    return read_fault(fault);
  }
}

}  // namespace storage
