#include "integrations/storage/failures.hpp"

#include <sqlite3.h>

namespace storage {
namespace {

bot::Error unavailable(std::string message, std::chrono::milliseconds retry_after) {
  bot::Error error = bot::fail(bot::ErrorKind::unavailable, std::move(message));
  error.retry_after = retry_after;
  return error;
}

bool no_memory(const std::exception& fault) { return dynamic_cast<const std::bad_alloc*>(&fault) != nullptr; }

}  // namespace

void damaged(const std::string& what) {
  throw Damaged{bot::fail(bot::ErrorKind::corrupt, "The database is damaged: " + what + ". Run `muster verify`, and restore a backup if it finds damage.")};
}

std::string words_of(const SqlError& error) {
  return error.extended == SQLITE_IOERR_DATA ? "a page of the file is not what was written to it" : error.message;
}

bot::Error read_failure(const SqlError& error) {
  switch (error.code) {
    case SQLITE_INTERRUPT: return unavailable("This read took longer than a second and was stopped. Ask for less at once.", std::chrono::seconds(1));
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return unavailable("The database is busy. Try again in a moment.", std::chrono::seconds(1));
    case SQLITE_NOMEM: return read_fault(std::bad_alloc());
    default: break;
  }
  return bot::fail(bot::ErrorKind::corrupt, "The database could not be read (" + words_of(error) + "). Look at the disk, then run `muster verify`, and restore a backup if it finds damage.");
}

bot::Error read_fault(const std::exception& fault) {
  if (no_memory(fault)) return unavailable("There was not enough memory to read this. Try again in a moment.", std::chrono::seconds(5));
  return bot::fail(bot::ErrorKind::corrupt, std::string("This could not be read (") + fault.what() +
                                                "). That is a fault of Muster, or the database is damaged: run `muster verify`, and report a fault if it finds nothing.");
}

bot::Error write_fault(const std::exception& fault) {
  if (no_memory(fault)) return unavailable("Not recorded: there was not enough memory. Send it again in a moment.", std::chrono::seconds(5));
  return bot::fail(bot::ErrorKind::corrupt, std::string("Not recorded: a fault of Muster kept it from being written (") + fault.what() +
                                                "). Sending it again will not help; run `muster verify`, and report the fault if it finds nothing.");
}

bot::Error write_failure(const SqlError& error) {
  switch (error.code) {
    case SQLITE_FULL: return unavailable("Not recorded: the disk is full. Free some space, then send it again.", std::chrono::seconds(5));
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return unavailable("Not recorded: the database is busy. Send it again in a moment.", std::chrono::seconds(1));
    case SQLITE_NOMEM: return write_fault(std::bad_alloc());
    case SQLITE_READONLY:
    case SQLITE_PERM: return unavailable("Not recorded: the database file cannot be written. Check its owner and permissions.", std::chrono::seconds(5));
    case SQLITE_CONSTRAINT: return bot::fail(bot::ErrorKind::conflict, "Not recorded: somebody else wrote first.");
    case SQLITE_TOOBIG: return bot::fail(bot::ErrorKind::invalid_input, "Not recorded: a text is too long.");
    default: break;
  }
  if (!error.committing && (error.code == SQLITE_CORRUPT || error.code == SQLITE_NOTADB || error.extended == SQLITE_IOERR_DATA))
    return bot::fail(bot::ErrorKind::corrupt, "Not recorded: the database is damaged (" + words_of(error) + "). Run `muster verify`, then restore a backup.");
  // An error from the disk during a write says nothing about what reached it.
  bot::Error out = bot::fail(bot::ErrorKind::corrupt, "It may be recorded: the database did not answer as it should (" + error.message +
                                                          "). Muster restarts; send it again with the same key.");
  out.maybe_recorded = true;
  return out;
}

}  // namespace storage
