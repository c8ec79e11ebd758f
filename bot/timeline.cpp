#include "bot/timeline.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "bot/entry_kinds.hpp"

namespace bot {
namespace {

struct KindName { EntryKind kind; const char* name; };
constexpr KindName kKinds[] = {
    {EntryKind::declared, "declared"}, {EntryKind::alert_firing, "alert_firing"}, {EntryKind::alert_resolved, "alert_resolved"},
    {EntryKind::joined, "joined"}, {EntryKind::left, "left"}, {EntryKind::role, "role"}, {EntryKind::severity, "severity"},
    {EntryKind::status, "status"}, {EntryKind::renamed, "renamed"}, {EntryKind::note, "note"}, {EntryKind::impact, "impact"},
    {EntryKind::started, "started"}, {EntryKind::update, "update"}, {EntryKind::public_update, "public_update"},
    {EntryKind::public_shown, "public_shown"}, {EntryKind::public_delayed, "public_delayed"}, {EntryKind::public_held, "public_held"},
    {EntryKind::public_failed, "public_failed"},
    {EntryKind::public_dropped, "public_dropped"}, {EntryKind::public_resent, "public_resent"}, {EntryKind::room_opened, "room_opened"},
    {EntryKind::room_failed, "room_failed"}, {EntryKind::room_archived, "room_archived"}, {EntryKind::message_failed, "message_failed"},
    {EntryKind::paged, "paged"}, {EntryKind::page_sent, "page_sent"}, {EntryKind::page_failed, "page_failed"},
    {EntryKind::acknowledged, "acknowledged"}, {EntryKind::page_exhausted, "page_exhausted"}, {EntryKind::page_stopped, "page_stopped"},
    {EntryKind::resolved, "resolved"}, {EntryKind::reopened, "reopened"}, {EntryKind::closed, "closed"},
    {EntryKind::cancelled, "cancelled"}, {EntryKind::corrected, "corrected"}, {EntryKind::redacted, "redacted"},
    {EntryKind::captured, "captured"}, {EntryKind::capture_edited, "capture_edited"}, {EntryKind::withdrawn, "withdrawn"},
    {EntryKind::room_changed, "room_changed"}, {EntryKind::away, "away"}, {EntryKind::mirrored, "mirrored"},
    {EntryKind::reminded, "reminded"}, {EntryKind::snoozed, "snoozed"},
    {EntryKind::made_private, "made_private"}};

/// Collects the bytes of chain_hash: every field as 8-byte big-endian length and its bytes.
class Fields {
 public:
  void add(const void* bytes, std::size_t n) {
    for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<char>((static_cast<std::uint64_t>(n) >> shift) & 0xff));
    out_.append(static_cast<const char*>(bytes), n);
  }
  void add(const std::string& s) { add(s.data(), s.size()); }
  void add(std::int64_t n) { add(std::to_string(n)); }
  void add(const Hash& h) { add(h.data(), h.size()); }
  const std::string& bytes() const { return out_; }

 private:
  std::string out_;
};

/// One digest context per thread: creating one costs more than hashing an entry.
Hash sha256(const std::string& bytes) {
  struct Free { void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); } };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  static const EVP_MD* const algorithm = EVP_sha256();
  Hash out{};
  unsigned n = 0;
  if (EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1 || EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), out.data(), &n) != 1 || n != out.size())
    std::abort();
  return out;
}

}  // namespace

const char* to_string(EntryKind kind) {
  for (const auto& k : kKinds)
    if (k.kind == kind) return k.name;
  std::abort();
}

std::optional<EntryKind> entry_kind(const std::string& name) {
  for (const auto& k : kKinds)
    if (name == k.name) return k.kind;
  return std::nullopt;
}

std::vector<EntryKind> entry_kinds() {
  std::vector<EntryKind> out;
  for (const auto& k : kKinds) out.push_back(k.kind);
  return out;
}

const std::string& fact(const Facts& facts, const std::string& name) {
  static const std::string none;
  for (const auto& [key, value] : facts)
    if (key == name) return value;
  return none;
}

PublicWords public_words(const Entry& entry) {
  PublicWords out{fact(entry.facts, "title"), entry.text};
  if (fact(entry.facts, "titled") != "yes" || !entry.text) return out;
  const auto end = std::min(entry.text->find('\n'), entry.text->size());
  out.title = entry.text->substr(0, end);
  out.body = entry.text->substr(std::min(end + 1, entry.text->size()));
  return out;
}

std::string public_text(const std::string& title, const std::string& body) { return title.empty() ? body : title + "\n" + body; }

Hash text_hash(const std::string& salt, const std::string& text) { return sha256(salt + text); }

Hash chain_hash(const Hash& previous, const Entry& entry) {
  Fields f;
  f.add(std::string("muster-entry-1"));
  f.add(previous);
  f.add(entry.incident);
  f.add(entry.seq);
  f.add(std::string(to_string(entry.kind)));
  f.add(entry.occurred_at.time_since_epoch().count());
  f.add(entry.recorded_at.time_since_epoch().count());
  f.add(std::string(to_string(entry.actor.kind)));
  f.add(entry.actor.id);
  f.add(entry.source);
  f.add(static_cast<std::int64_t>(entry.facts.size()));
  for (const auto& [name, value] : entry.facts) {
    f.add(name);
    f.add(value);
  }
  f.add(entry.text_hash);
  return sha256(f.bytes());
}

std::string hex(const Hash& hash) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(64);
  for (std::uint8_t b : hash) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

const char* to_string(ActorKind kind) {
  switch (kind) {
    case ActorKind::person: return "person";
    case ActorKind::token: return "token";
    case ActorKind::monitor: return "monitor";
    case ActorKind::muster: return "muster";
  }
  std::abort();
}

std::optional<ActorKind> actor_kind(const std::string& name) {
  for (ActorKind k : {ActorKind::person, ActorKind::token, ActorKind::monitor, ActorKind::muster})
    if (name == to_string(k)) return k;
  return std::nullopt;
}

}  // namespace bot
