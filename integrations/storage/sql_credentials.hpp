// Invites and sessions. Only SHA-256 of a token is stored: a stolen database opens no session.
// Place: made by open_store, used by the console and the CLI. Threads: any.
#pragma once

#include "bot/store.hpp"
#include "integrations/storage/reader_pool.hpp"
#include "integrations/storage/write_side.hpp"

namespace storage {

class SqlCredentials : public bot::Credentials {
 public:
  SqlCredentials(WriteSide& write, ReaderPool& pool) : write_(write), pool_(pool) {}
  bot::Status add_invite(const std::string& token, const std::string& person, bot::Time expires) override;
  bot::Result<std::optional<std::string>> peek_invite(const std::string& token, bot::Time now) override;
  bot::Result<std::optional<std::string>> redeem_invite(const std::string& token, const std::string& session, bot::Time now, bot::Time session_expires) override;
  bot::Result<std::optional<std::string>> session_person(const std::string& session, bot::Time now) override;
  bot::Status end_session(const std::string& session) override;
  bot::Result<bot::SignedOut> sign_out(const std::string& person, bot::Time now) override;
  bot::Status put_person(const bot::Person& person) override;

 private:
  WriteSide& write_;
  ReaderPool& pool_;
};

}  // namespace storage
