#include "integrations/storage/dedup.hpp"

#include <algorithm>
#include <cstring>

#include "integrations/codec/codec.hpp"
#include "integrations/storage/failures.hpp"
#include "integrations/storage/rows.hpp"

namespace storage {
namespace {

constexpr std::int64_t kOldestFresh = 3600LL * 1000;
constexpr std::size_t kRecord = 12;  // 8 bytes of hash, 4 of the row's distance from the run's first, both little-endian
constexpr int kProbes = 6;

/// Stored on disk, so it must never change: FNV-1a 64, then murmur's finalizer for the bits the filter takes.
std::uint64_t hash_key(std::string_view key) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : key) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdULL;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 33);
}

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

std::uint64_t get(std::string_view bytes, std::size_t at, int count) {
  std::uint64_t out = 0;
  for (int i = count - 1; i >= 0; --i) out = (out << 8) | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace

bool Dedup::Filter::maybe(std::uint64_t hash) const {
  const std::uint64_t step = (hash >> 32) | 1;
  for (int i = 0; i < kProbes; ++i, hash += step) {
    const std::size_t bit = hash & (bits_ - 1);
    if ((words_[bit / 64] >> (bit % 64) & 1) == 0) return false;
  }
  return true;
}

void Dedup::Filter::add(std::uint64_t hash) {
  const std::uint64_t step = (hash >> 32) | 1;
  for (int i = 0; i < kProbes; ++i, hash += step) {
    const std::size_t bit = hash & (bits_ - 1);
    words_[bit / 64] |= 1ULL << (bit % 64);
  }
}

Dedup::Group& Dedup::group_for_next_run() {
  if (groups_.empty() || groups_.back()->started == kGroupRuns) groups_.push_back(std::make_unique<Group>());
  ++groups_.back()->started;
  return *groups_.back();
}

const Dedup::Run* Dedup::oldest() const { return groups_.empty() ? nullptr : &groups_.front()->runs.front(); }

void Dedup::open(SqliteConnection& c) {
  auto runs = c.query("SELECT first_id, last_id, newest_at, directory FROM dedup_run ORDER BY first_id");
  while (runs.next()) {
    Run run{runs.integer(0), runs.integer(1), runs.integer(2)};
    const auto bytes = runs.view(3);
    if (bytes.empty() || bytes.size() % kRecord != 0) damaged("a directory of request keys has the wrong length");
    Group& group = group_for_next_run();
    for (std::size_t at = 0; at < bytes.size(); at += kRecord) {
      run.filter.add(get(bytes, at, 8));
      group.filter.add(get(bytes, at, 8));
    }
    last_sealed_ = last_id_ = run.last_id;
    group.runs.push_back(std::move(run));
  }
  auto newest = c.query("SELECT id, key, at FROM dedup WHERE id > ? ORDER BY id", last_id_);
  while (newest.next()) fresh_.push_back({newest.integer(0), hash_key(newest.view(1)), newest.integer(2)});
  if (!fresh_.empty()) last_id_ = fresh_.back().id;
  rebuild_fresh();
}

void Dedup::rebuild_fresh() {
  newest_.clear();
  for (const auto& f : fresh_) newest_.emplace(f.hash, f.id);
  kept_ = fresh_.size();
}

bool Dedup::is_key(SqliteConnection& c, std::int64_t id, const std::string& key) const {
  auto row = c.query("SELECT key FROM dedup WHERE id = ?", id);
  return row.next() && row.view(0) == key;
}

std::optional<std::int64_t> Dedup::id_of(SqliteConnection& c, const std::string& key) const {
  const std::uint64_t hash = hash_key(key);
  const auto [first, last] = newest_.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (is_key(c, it->second, key)) return it->second;
  for (auto group = groups_.rbegin(); group != groups_.rend(); ++group) {
    if (!(*group)->filter.maybe(hash)) continue;
    for (const Run& run : (*group)->runs)
      if (run.filter.maybe(hash))
        if (const auto id = id_in(c, run, hash, key)) return id;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Dedup::id_in(SqliteConnection& c, const Run& run, std::uint64_t hash, const std::string& key) const {
  std::vector<std::int64_t> candidates;
  {
    auto row = c.query("SELECT directory FROM dedup_run WHERE first_id = ?", run.first_id);
    if (!row.next()) return std::nullopt;
    const auto bytes = row.view(0);
    std::size_t low = 0;
    std::size_t high = bytes.size() / kRecord;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (get(bytes, middle * kRecord, 8) < hash) low = middle + 1;
      else high = middle;
    }
    for (; low < bytes.size() / kRecord && get(bytes, low * kRecord, 8) == hash; ++low)
      candidates.push_back(run.first_id + static_cast<std::int64_t>(get(bytes, low * kRecord + 8, 4)));
  }
  for (const auto id : candidates)
    if (is_key(c, id, key)) return id;
  return std::nullopt;
}

bool Dedup::knows(SqliteConnection& c, const std::string& key) const { return id_of(c, key).has_value(); }

std::optional<bot::Reply> Dedup::find(SqliteConnection& c, const std::string& key) const {
  const auto id = id_of(c, key);
  if (!id) return std::nullopt;
  auto row = c.query("SELECT d.reply, o.reply FROM dedup d LEFT JOIN dedup o ON o.id = d.reply_in WHERE d.id = ?", *id);
  if (!row.next()) return std::nullopt;
  const int column = row.null(0) ? 1 : 0;
  if (row.null(column)) damaged("a stored reply is missing");
  return sound(codec::decode_reply(row.text(column)));
}

bool Dedup::add(SqliteConnection& c, const std::vector<std::string>& keys, const bot::Reply& reply, bot::Time at, MadeOf made_of) {
  if (keys.empty()) return true;
  const std::string text = codec::encode(reply);
  std::optional<std::int64_t> reply_in;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string& key = keys[i];
    if (std::find(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i), key) != keys.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    if (knows(c, key)) return false;
    const Fresh fresh{++last_id_, hash_key(key), ms(at)};
    if (reply_in) c.run("INSERT INTO dedup (id, at, incident, key, reply, reply_in) VALUES (?, ?, ?, ?, NULL, ?)", fresh.id, fresh.at, reply.incident, key, reply_in);
    else c.run("INSERT INTO dedup (id, at, incident, key, reply, reply_in, first_entry, last_entry) VALUES (?, ?, ?, ?, ?, NULL, ?, ?)", fresh.id, fresh.at,
               reply.incident, key, text, made_of.first, made_of.last);
    if (!reply_in) reply_in = fresh.id;
    newest_.emplace(fresh.hash, fresh.id);
    fresh_.push_back(fresh);
  }
  return true;
}

void Dedup::keep() {
  if (sealing_) {
    last_sealed_ = sealing_->last_id;
    Group& group = group_for_next_run();
    for (const auto& f : fresh_) group.filter.add(f.hash);
    group.runs.push_back(*std::move(sealing_));
    sealing_.reset();
    fresh_.clear();
    rebuild_fresh();
  }
  if (purging_through_ > 0) {
    for (auto& group : groups_) std::erase_if(group->runs, [this](const Run& r) { return r.last_id <= purging_through_; });
    std::erase_if(groups_, [](const auto& group) { return group->runs.empty(); });
    std::erase_if(fresh_, [this](const Fresh& f) { return f.id <= purging_through_; });
    purging_through_ = 0;
    rebuild_fresh();
  }
  kept_ = fresh_.size();
}

void Dedup::forget() {
  sealing_.reset();
  purging_through_ = 0;
  fresh_.resize(std::min(kept_, fresh_.size()));
  last_id_ = fresh_.empty() ? last_sealed_ : fresh_.back().id;
  rebuild_fresh();
}

std::string Dedup::directory(const std::vector<Fresh>& keys, std::int64_t first_id) {
  auto sorted = keys;
  std::sort(sorted.begin(), sorted.end(), [](const Fresh& a, const Fresh& b) { return a.hash != b.hash ? a.hash < b.hash : a.id < b.id; });
  std::string out;
  out.reserve(sorted.size() * kRecord);
  for (const auto& f : sorted) {
    put(out, f.hash, 8);
    put(out, static_cast<std::uint64_t>(f.id - first_id), 4);
  }
  return out;
}

void Dedup::seal_if_due(SqliteConnection& c, bot::Time now) {
  if (fresh_.empty() || (fresh_.size() < kRunKeys && ms(now) - fresh_.front().at < kOldestFresh)) return;
  Run run{fresh_.front().id, fresh_.back().id, 0};
  for (const auto& f : fresh_) {
    run.filter.add(f.hash);
    run.newest_at = std::max(run.newest_at, f.at);
  }
  c.run("INSERT INTO dedup_run (first_id, last_id, newest_at, directory) VALUES (?, ?, ?, ?)", run.first_id, run.last_id, run.newest_at,
        Blob{directory(fresh_, run.first_id)});
  sealing_ = std::move(run);
}

bool Dedup::anything_before(bot::Time before) const {
  if (const Run* run = oldest()) return run->newest_at < ms(before);
  return !fresh_.empty() && fresh_.front().at < ms(before);
}

void Dedup::purge_step(SqliteConnection& c, bot::Time before) {
  if (const Run* run = oldest()) {
    if (run->newest_at >= ms(before)) return;
    purging_through_ = run->last_id;
    c.run("DELETE FROM dedup WHERE id <= ?", run->last_id);
    c.run("DELETE FROM dedup_run WHERE first_id = ?", run->first_id);
    return;
  }
  for (const auto& f : fresh_) {
    if (f.at >= ms(before)) break;
    purging_through_ = f.id;
  }
  c.run("DELETE FROM dedup WHERE id <= ?", purging_through_);
}

void Dedup::redact(SqliteConnection& c, const bot::Entry& entry) {
  std::vector<std::pair<std::int64_t, std::string>> changed;
  {
    auto rows = c.query("SELECT id, reply, first_entry, last_entry FROM dedup WHERE incident = ? AND reply IS NOT NULL", entry.incident);
    while (rows.next()) {
      auto reply = sound(codec::decode_reply(rows.text(1)));
      const bool hashed = !reply.fingerprint.empty();  // a short text could be guessed from its hash
      reply.fingerprint.clear();
      if (carries(reply, entry, made_of(rows, 2))) changed.emplace_back(rows.integer(0), codec::encode(without_words(reply)));
      else if (hashed) changed.emplace_back(rows.integer(0), codec::encode(reply));
    }
  }
  for (const auto& [id, reply] : changed) c.run("UPDATE dedup SET reply = ? WHERE id = ?", reply, id);
}

}  // namespace storage
