#include "integrations/settings/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "integrations/settings/sections.hpp"

namespace settings {
namespace {

constexpr std::size_t kMaxFile = 1u << 20;

bot::Result<std::string> read_whole(const std::string& path) {
  const std::string what = path.empty() ? "a file without a name" : path;
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string out;
  char block[8192];
  while (in && out.size() <= kMaxFile) {
    in.read(block, sizeof block);
    out.append(block, static_cast<std::size_t>(in.gcount()));
  }
  if (!in.is_open() || in.bad()) {
    const char* why = errno != 0 ? std::strerror(errno) : "unknown reason";
    return bot::fail(bot::ErrorKind::not_found, what + " cannot be read: " + why);
  }
  if (out.size() > kMaxFile) return bot::fail(bot::ErrorKind::invalid_input, what + " is larger than 1 MiB");
  return out;
}

void read_sections(Mapping& root, bot::Settings& out) {
  read_server(root, out);
  read_incidents(root, out);
  read_reminders(root, out);
  read_store_and_log(root, out);
  read_api_and_console(root, out);
  read_chats(root, out);
  read_people(root, out);
  read_paging(root, out);
  read_alerts(root, out);
  read_status_pages(root, out);
}

/// In the order of the file; what an alias brought in twice is told once.
std::vector<Fault> in_order(std::vector<Fault> faults) {
  std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) { return a.line < b.line; });
  std::vector<Fault> out;
  for (auto& fault : faults)
    if (std::find(out.begin(), out.end(), fault) == out.end()) out.push_back(std::move(fault));
  return out;
}

}  // namespace

Outside process_outside() {
  return {[](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
          read_whole};
}

Loaded load_text(const std::string& yaml, const Outside& outside) {
  Loaded out;
  Report report;
  Node document = parse_document(yaml, report.faults());
  if (!report.faults().empty() && document.kind == Kind::none) {  // not readable at all: only that is told
    out.faults = std::move(report.faults());
    return out;
  }
  fill(document, outside, report.faults());
  Mapping root(document, std::max(1, document.line), "", report);
  read_sections(root, out.settings);
  root.finish();
  check_together(out.settings, outside, report);
  const bot::Settings& s = out.settings;
  if (report.faults().empty() && !s.console_enabled && s.api_tokens.empty() && s.chats().empty() && s.alerts.empty())
    report.at(0, "nothing is switched on: add at least one of console, api, slack, matrix or alerts, for example \"console: {enabled: true}\"");
  out.faults = in_order(std::move(report.faults()));
  out.warnings = in_order(std::move(report.warnings()));
  return out;
}

Loaded load_file(const std::string& path, const Outside& outside) {
  auto text = outside.file(path);
  if (text) return load_text(*text, outside);
  Loaded out;
  out.faults.push_back({0, text.error().message});
  return out;
}

bot::Settings defaults() {
  bot::Settings out;
  bot::StatusPageSettings page;
  page.kind = "builtin";
  page.name = "public";
  page.components = {{"api", "API", ""}, {"web", "Website", ""}};
  out.status_pages.push_back(std::move(page));
  return out;
}

}  // namespace settings
