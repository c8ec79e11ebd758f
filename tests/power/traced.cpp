#include "tests/power/traced.hpp"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace power {

using support::wait_for;

namespace {

std::vector<std::string> strace() {
  // The leak checker cannot work under another tracer.
  const char* given = std::getenv("ASAN_OPTIONS");
  return {"strace", "-f", "-qq", "-E", std::string("ASAN_OPTIONS=") + (given == nullptr ? "" : std::string(given) + ":") + "detect_leaks=0"};
}

bool says(const Tried& t, const std::string& words) { return t.body.find(words) != std::string::npos; }

}  // namespace

std::optional<std::string> no_strace() {
  if (std::system("command -v strace >/dev/null 2>&1") != 0) return "strace is not installed (apt install strace)";
  if (std::system("strace -qq -o /dev/null -e trace=none true >/dev/null 2>&1") != 0) return "tracing is not permitted here (ptrace)";
  return std::nullopt;
}

std::vector<std::string> tracer(const Point& p) {
  auto out = strace();
  const bool lasts = p.harm.back() == '+';
  const std::string harm = p.harm.substr(0, p.harm.size() - lasts);
  out.insert(out.end(), {"-o", "/dev/null", "-e", "trace=" + p.call, "-e", "inject=" + p.call + ":" + harm + ":when=" + std::to_string(p.nth) + (lasts ? "+" : "")});
  if (!p.file.empty()) out.insert(out.end(), {"-P", p.file});
  return out;
}

std::vector<std::string> counting_tracer(const std::vector<std::string>& calls, const std::string& file) {
  auto out = strace();
  std::string list;
  for (const auto& call : calls) list += (list.empty() ? "" : ",") + call;
  out.insert(out.end(), {"-o", file, "-s", "0", "-e", "trace=" + list, "-e", "signal=none"});
  return out;
}

std::map<std::string, int> most_calls(const std::string& file) {
  std::map<std::pair<std::string, std::string>, int> by_thread;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string thread, call;
    words >> thread >> call;
    if (const auto end = call.find('('); end != std::string::npos) ++by_thread[{thread, call.substr(0, end)}];
  }
  std::map<std::string, int> out;
  for (const auto& [where, n] : by_thread) out[where.second] = std::max(out[where.second], n);
  return out;
}

Tried& Workload::ask(const std::string& key, const std::string& command, const std::string& text) {
  commands_[key] = command;
  const auto answer = muster_.command(command, key);
  tried_.push_back({key, text, answer.body, answer.status});
  return tried_.back();
}

int Workload::count(int status) const {
  int n = 0;
  for (const auto& t : tried_) n += t.status == status;
  return n;
}

void Workload::prepare() {
  muster_.wrap({});
  if (!muster_.start()) faults_.push_back("the server did not start before the harm: " + muster_.log());
  ask("p-declare", "declare sev2 before the harm", "");
  for (int i = 0; i < 3; ++i) ask("p" + std::to_string(i), "INC-1 note kept" + std::to_string(i) + ".", "kept" + std::to_string(i) + ".");
  muster_.kill9();
}

void Workload::run(double patience) {
  if (tried_.empty()) ask("declare", "declare sev2 with the harm", "");
  for (int i = 0; i < 40 && muster_.running(); ++i) {
    const std::string text = "word" + std::to_string(i) + ".";
    ask("k" + std::to_string(i), "INC-1 note " + text, text);
    if (i == 5) ask("redact", "INC-1 redact 2", "");
    const auto read = muster_.get("/api/v1/incidents/INC-1");
    if (tried_.back().status == 503 && says(tried_.back(), "disk is full") && read.status != 200) faults_.push_back("reads stopped while the disk was full: " + read.body);
  }
  wait_for([&] { return !muster_.running(); }, patience);
}

/// Text → how often it is on the timeline.
std::map<std::string, int> Workload::notes(bool& readable) {
  std::map<std::string, int> out;
  const auto answer = muster_.get("/api/v1/incidents/INC-1/timeline?format=json");
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  readable = answer.status == 200 && json.is_object();
  if (!readable) return out;
  for (const auto& e : json["entries"])
    if (e["kind"] == "note" && e["text"].is_string()) ++out[e["text"].get<std::string>()];
  return out;
}

std::vector<std::string> Workload::check() {
  bool readable = false;
  auto before = notes(readable);
  bool declared = false;
  for (const auto& t : tried_) declared |= t.status == 200 && (t.key == "declare" || t.key == "p-declare");
  if (!readable && declared) faults_.push_back("an incident that was answered ok is not there");
  bool redacted = false;  // the note it hits may lose its text
  for (const auto& t : tried_) redacted |= t.key == "redact";
  for (const auto& t : tried_) {
    if (t.text.empty()) continue;
    const int times = before[t.text];
    if (t.status == 200 && times == 0 && !(redacted && (t.text == "kept0." || t.text == "word0."))) faults_.push_back(t.key + " was answered ok and is not there");
    if (t.status == 503 && says(t, "Not recorded") && times > 0) faults_.push_back(t.key + " was answered \"not recorded\" and is there: " + t.body);
    if (t.status != 0 && t.status != 200 && t.status != 503 && t.status != 404) faults_.push_back(t.key + " was answered " + std::to_string(t.status) + ": " + t.body);
    if (times > 1) faults_.push_back(t.key + " is there " + std::to_string(times) + " times");
  }
  // Everybody who was not told "ok" sends the same again with the same key.
  const auto all = tried_;
  for (const auto& t : all) {
    if (t.status == 200) continue;
    const auto answer = muster_.command(commands_[t.key], t.key);
    if (answer.status != 200 && t.key != "redact") faults_.push_back(t.key + ", sent again, was answered " + std::to_string(answer.status) + ": " + answer.body);
  }
  auto after = notes(readable);
  for (const auto& t : all)
    if (!t.text.empty() && after[t.text] > 1) faults_.push_back(t.key + " happened twice");
    else if (!t.text.empty() && after[t.text] == 0 && !(redacted && (t.text == "kept0." || t.text == "word0."))) faults_.push_back(t.key + " was sent again and is not there");
  return faults_;
}

}  // namespace power
