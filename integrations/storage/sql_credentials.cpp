#include "integrations/storage/sql_credentials.hpp"

#include <openssl/sha.h>

#include "integrations/codec/codec.hpp"
#include "integrations/storage/rows.hpp"

namespace storage {
namespace {

std::string hashed(const std::string& token) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

}  // namespace

bot::Status SqlCredentials::add_invite(const std::string& token, const std::string& person, bot::Time expires) {
  return write_.transact([&](SqliteConnection& c) -> bot::Status {
    c.run("INSERT INTO invite (token, person, expires) VALUES (?, ?, ?) ON CONFLICT (token) DO UPDATE SET person = excluded.person, expires = excluded.expires",
          Blob{hashed(token)}, person, ms(expires));
    return bot::Done{};
  });
}

bot::Result<std::optional<std::string>> SqlCredentials::peek_invite(const std::string& token, bot::Time now) {
  return pool_.read([&](SqliteConnection& c) {
    auto row = c.query("SELECT person FROM invite WHERE token = ? AND expires > ?", Blob{hashed(token)}, ms(now));
    return row.next() ? std::optional<std::string>(row.text(0)) : std::nullopt;
  });
}

bot::Result<std::optional<std::string>> SqlCredentials::redeem_invite(const std::string& token, const std::string& session, bot::Time now, bot::Time session_expires) {
  std::optional<std::string> person;
  auto done = write_.transact([&](SqliteConnection& c) -> bot::Status {
    {
      auto row = c.query("SELECT person FROM invite WHERE token = ? AND expires > ?", Blob{hashed(token)}, ms(now));
      if (!row.next()) return bot::Done{};
      person = row.text(0);
    }
    c.run("DELETE FROM invite WHERE token = ?", Blob{hashed(token)});
    c.run("INSERT INTO session (token, person, expires) VALUES (?, ?, ?)", Blob{hashed(session)}, *person, ms(session_expires));
    return bot::Done{};
  });
  if (!done) return done.error();
  return person;
}

bot::Result<std::optional<std::string>> SqlCredentials::session_person(const std::string& session, bot::Time now) {
  return pool_.read([&](SqliteConnection& c) {
    auto row = c.query("SELECT person FROM session WHERE token = ? AND expires > ?", Blob{hashed(session)}, ms(now));
    return row.next() ? std::optional<std::string>(row.text(0)) : std::nullopt;
  });
}

bot::Status SqlCredentials::end_session(const std::string& session) {
  return write_.transact([&](SqliteConnection& c) -> bot::Status {
    c.run("DELETE FROM session WHERE token = ?", Blob{hashed(session)});
    return bot::Done{};
  });
}

bot::Result<bot::SignedOut> SqlCredentials::sign_out(const std::string& person, bot::Time now) {
  bot::SignedOut out;
  auto done = write_.transact([&](SqliteConnection& c) -> bot::Status {
    {
      auto row = c.query("SELECT (SELECT COUNT(*) FROM session WHERE person = ? AND expires > ?), (SELECT COUNT(*) FROM invite WHERE person = ? AND expires > ?)",
                         person, ms(now), person, ms(now));
      if (row.next()) out = {static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1))};
    }
    c.run("DELETE FROM session WHERE person = ?", person);
    c.run("DELETE FROM invite WHERE person = ?", person);
    return bot::Done{};
  });
  if (!done) return done.error();
  return out;
}

bot::Status SqlCredentials::put_person(const bot::Person& person) {
  return write_.transact([&](SqliteConnection& c) -> bot::Status {
    c.run("INSERT INTO person (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", person.id, codec::encode(person));
    return bot::Done{};
  });
}

}  // namespace storage
