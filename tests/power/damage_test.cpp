// A damaged database is refused or found, in words that help, and never used with other content than was recorded.
// MUSTER_DAMAGE_FLIPS: how many single flipped bits (400), spread over every page. MUSTER_DAMAGE_SEED: which ones.
#include <atomic>
#include <iostream>
#include <random>
#include <thread>

#include "integrations/codec/codec.hpp"
#include "integrations/storage/open_store.hpp"
#include "tests/power/damage.hpp"
#include "tests/power/scratch.hpp"
#include "tests/support/fake_env.hpp"

using namespace power;

namespace {

template <class T, class Show>
void tell(std::string& out, bot::Result<T> result, Show show) {
  if (!result) throw result.error();
  out += show(*result) + "\n";
}

/// What Muster itself would read and act on, through its own ways in. Throws the Error it meets.
std::string seen_by_muster(storage::Opened& opened, const Filled& original) {
  std::string out;
  bot::Reader& r = opened.reader();
  auto entries = [](const std::vector<bot::Entry>& all) {
    std::string text;
    for (const auto& e : all) text += std::to_string(e.incident) + "/" + std::to_string(e.seq) + " " + bot::hex(e.hash) + " " + e.text.value_or("-") + ";";
    return text;
  };
  auto incidents = [](const std::vector<bot::Incident>& all) {
    std::string text;
    for (const auto& i : all) text += codec::encode(i) + ";";
    return text;
  };
  auto messages = [](const std::vector<bot::QueuedMessage>& all) {
    std::string text;
    for (const auto& m : all) text += m.message.id + codec::encode(m.message.content) + bot::to_string(m.state) + ";";
    return text;
  };
  for (const bool open_only : {true, false}) tell(out, r.incidents({open_only, 0, 1000, true}), incidents);
  tell(out, r.stream(0, 100000), entries);
  for (int n = 1; n < 60; ++n) {
    tell(out, r.timeline(n, 0, 1000), entries);
    for (const char* name : {"slack", "statuspage:a", "webhook"})
      tell(out, r.references(n, name), [](const auto& all) {
        std::string text;
        for (const auto& ref : all) text += ref.what + "=" + ref.id + ";";
        return text;
      });
  }
  tell(out, r.public_updates(100), entries);
  tell(out, r.troubled(1000), messages);
  tell(out, r.outbox_counts(), [](const auto& all) {
    std::string text;
    for (const auto& c : all) text += c.integration + bot::to_string(c.state) + std::to_string(c.count) + ";";
    return text;
  });
  tell(out, r.people(), [](const auto& all) {
    std::string text;
    for (const auto& p : all) text += codec::encode(p);
    return text;
  });
  bot::LoadQuery query;
  query.dedup_keys.assign(original.keys.begin(), original.keys.end());
  query.next_number = true;
  for (int i = 0; i < 6; ++i) query.alerts.push_back("alertmanager:" + std::to_string(i));
  for (int i = 0; i < 3; ++i) query.alert_groups.push_back("alertmanager:group" + std::to_string(i));
  tell(out, opened.store().load(query), [](const bot::Loaded& loaded) {
    std::string text = std::to_string(loaded.next_number);
    for (const auto& [key, reply] : loaded.replies) text += key + codec::encode(reply);
    for (const auto& [id, a] : loaded.alerts) text += id + std::to_string(a.incident) + a.group + std::to_string(a.firing);
    for (const auto& [g, n] : loaded.groups) text += g + std::to_string(n);
    return text;
  });
  tell(out, opened.store().due_timers(bot::Time{bot::Millis{4000000000000}}, 1000), [](const auto& all) {
    std::string text;
    for (const auto& t : all) text += t.id + t.kind + std::to_string(t.incident) + std::to_string(t.due.time_since_epoch().count()) + t.subject + ";";
    return text;
  });
  tell(out, opened.store().lease({"other boot", bot::Time{bot::Millis{4000000000000}}, {{"slack", 1000}, {"statuspage:a", 1000}, {"webhook", 1000}}}), messages);
  return out;
}

enum class Outcome { refused, found, harmless, silent };

struct Verdict { Outcome outcome = Outcome::harmless; std::string words; };

/// What Muster makes of these bytes.
Verdict judge(const Scratch& folder, const std::string& bytes, const Filled& original, const std::string& rows, const std::string& seen) {
  const std::string file = folder.file("muster.db");
  for (const char* ending : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(file + ending);
  write_bytes(file, bytes);
  support::FakeEnv env;
  auto opened = storage::open_store("sqlite:" + file, env.env());
  if (!opened) return {Outcome::refused, opened.error().message};
  auto report = (*opened)->verify();
  if (!report) return {Outcome::found, report.error().message};
  if (!report->ok()) return {Outcome::found, report->problems.front()};
  const std::string now = rows_of(file);
  try {
    const std::string looks = seen_by_muster(**opened, original);
    if (now == rows && looks == seen) return {Outcome::harmless, ""};
  } catch (const bot::Error& error) {
    return {Outcome::found, error.message};
  }
  std::size_t at = 0;
  while (at < now.size() && at < rows.size() && now[at] == rows[at]) ++at;
  const auto line = rows.rfind('\n', at) == std::string::npos ? 0 : rows.rfind('\n', at) + 1;
  return {Outcome::silent, rows.substr(line, at - line + 40)};
}

}  // namespace

TEST_CASE("damage: a flipped bit on any page is refused, found, or changes nothing") {
  const Filled original = filled();
  constexpr std::size_t kPage = 4096;
  REQUIRE(original.bytes.size() > 20 * kPage);
  const Scratch folder, clean;
  std::string rows, seen;
  {
    write_bytes(clean.file("muster.db"), original.bytes);
    rows = rows_of(clean.file("muster.db"));
    support::FakeEnv env;
    auto opened = storage::open_store("sqlite:" + clean.file("muster.db"), env.env());
    REQUIRE(opened);
    REQUIRE((*opened)->verify()->ok());
    seen = seen_by_muster(**opened, original);
  }
  REQUIRE(rows.size() > 10000);
  REQUIRE(judge(folder, original.bytes, original, rows, seen).outcome == Outcome::harmless);
  std::mt19937_64 chance(static_cast<std::uint64_t>(number("MUSTER_DAMAGE_SEED", 1)));
  const std::size_t pages = original.bytes.size() / kPage;
  const auto flips = static_cast<std::size_t>(number("MUSTER_DAMAGE_FLIPS", 400));
  std::map<Outcome, int> counts;
  std::map<std::string, int> where;
  for (std::size_t i = 0; i < flips; ++i) {
    std::string bytes = original.bytes;
    const std::size_t at = (i % pages) * kPage + chance() % kPage;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (chance() % 8)));
    const auto verdict = judge(folder, bytes, original, rows, seen);
    ++counts[verdict.outcome];
    if (verdict.outcome == Outcome::silent) ++where[verdict.words.substr(0, verdict.words.find('|'))];
    INFO("bit flipped at byte " << at << " of page " << at / kPage + 1 << ": " << verdict.words);
    CHECK(verdict.outcome != Outcome::silent);
    if (verdict.outcome == Outcome::refused || verdict.outcome == Outcome::found) CHECK(verdict.words.size() > 20);
  }
  std::cout << "damage: " << flips << " flipped bits over " << pages << " pages: " << counts[Outcome::refused] << " refused at start, " << counts[Outcome::found]
            << " found, " << counts[Outcome::harmless] << " changed nothing, " << counts[Outcome::silent] << " unnoticed\n";
  for (const auto& [table, n] : where) std::cout << "  unnoticed in " << table << ": " << n << "\n";
}

TEST_CASE("damage: a file cut short is refused or found") {
  const Filled original = filled();
  const Scratch folder;
  for (const double part : {0.0002, 0.01, 0.3, 0.5, 0.9, 0.999}) {
    const auto length = static_cast<std::size_t>(static_cast<double>(original.bytes.size()) * part);
    const auto verdict = judge(folder, original.bytes.substr(0, length), original, "-", "-");
    INFO(length << " of " << original.bytes.size() << " bytes: " << verdict.words);
    CHECK((verdict.outcome == Outcome::refused || verdict.outcome == Outcome::found));
  }
}

TEST_CASE("damage: a file cut short within its last page is refused or found") {
  const Filled original = filled();
  const Scratch folder;
  for (const std::size_t cut : {1, 7, 8, 9, 80, 200, 2000, 4000, 4095}) {
    const auto verdict = judge(folder, original.bytes.substr(0, original.bytes.size() - cut), original, "-", "-");
    INFO(cut << " bytes less: " << verdict.words);
    CHECK((verdict.outcome == Outcome::refused || verdict.outcome == Outcome::found));
  }
}

TEST_CASE("damage: a backup under load verifies, and work goes on from it") {
  support::MusterProcess muster("console: {enabled: false}\n");
  REQUIRE(muster.start());
  for (int i = 0; i < 4; ++i) REQUIRE(muster.command("declare sev2 load " + std::to_string(i)).status == 200);
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0}, begun{0};
  std::vector<std::thread> clients;
  for (int w = 0; w < 4; ++w)
    clients.emplace_back([&, w] {
      for (int i = 0; !stop; ++i) {
        ++begun;
        const std::string text = "w" + std::to_string(w) + "i" + std::to_string(i);
        if (muster.command("INC-" + std::to_string(w + 1) + " note " + text, text).status == 200) ++answered;
      }
    });
  std::vector<int> before, after;
  for (int i = 0; i < 5; ++i) {
    support::wait_for([&] { return answered > (i + 1) * 40; });
    before.push_back(answered);
    const auto copied = muster.run({"backup", "copy" + std::to_string(i)});
    INFO(copied.out);
    CHECK(copied.code == 0);
    after.push_back(begun);
  }
  stop = true;
  for (auto& c : clients) c.join();
  muster.kill9();
  for (int i = 0; i < 5; ++i) {
    for (const char* ending : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(muster.database() + ending);
    std::filesystem::copy_file(muster.folder() + "/copy" + std::to_string(i), muster.database());
    const auto verified = muster.run({"verify"});
    INFO(verified.out);
    CHECK(verified.code == 0);
    REQUIRE(muster.start());
    int notes = 0;
    for (int n = 1; n <= 4; ++n) {
      const std::string body = muster.get("/api/v1/incidents/INC-" + std::to_string(n) + "/timeline?format=json").body;
      for (std::size_t at = 0; (at = body.find("\"kind\":\"note\"", at)) != std::string::npos; ++at) ++notes;
    }
    CHECK(notes >= before[static_cast<std::size_t>(i)]);
    CHECK(notes <= after[static_cast<std::size_t>(i)]);
    const auto repeat = muster.command("INC-1 note w0i0", "w0i0");
    CHECK(repeat.status == 200);
    CHECK(muster.command("INC-1 note and on we go", "on" + std::to_string(i)).status == 200);
    CHECK(muster.stop() == 0);
    CHECK(muster.run({"verify"}).code == 0);
  }
}
