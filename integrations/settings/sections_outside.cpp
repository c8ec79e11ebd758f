// alerts and status_pages: where trouble comes from, and where the public is told.
#include <algorithm>

#include "integrations/settings/checks.hpp"
#include "integrations/settings/sections.hpp"
#include "integrations/text/address.hpp"

namespace settings {
namespace {

/// Entries and stored keys begin with these already; an alert source of that name could not be told apart from them.
constexpr const char* kReservedSources[] = {"slack", "matrix", "console", "api", "muster", "webhook", "link", "statuspage", "timer", "cli"};

void read_source(Mapping& in, bot::AlertSource& source) {
  in.text("kind", source.kind, Need::required);
  if (!source.kind.empty()) check_known(source.kind, {"alertmanager"}, in.path_of("kind"), "a kind of alert source", in.report());
  source.name = source.kind;
  in.text("name", source.name);
  if (!source.name.empty() && !is_name(source.name)) in.report().about(in.path_of("name"), "must be one word of letters, digits, \"-\", \"_\" and \".\"");
  for (const auto* reserved : kReservedSources)
    if (source.name == reserved) in.report().about(in.path_of("name"), std::string("\"") + reserved + "\" means something else already; choose another name");
  in.secret("key", source.key, Need::required);
  if (!source.key.empty() && !is_path_word(source.key.reveal()))
    in.report().about(in.path_of("key"), "stands in an address: only letters, digits, \"-\", \"_\", \".\" and \"~\"");
  in.texts("group_by", source.group_by);
  in.section("severity", [&](Mapping& severity) {
    severity.text("label", source.severity_label);
    if (source.severity_label.empty()) severity.report().about(severity.path_of("label"), "must not be empty");
    severity.pairs("map", source.severity_map);
  });
}

void read_builtin(Mapping& in, bot::StatusPageSettings& page) {
  in.text("listen", page.listen);
  if (!parse_address(page.listen)) in.report().about(in.path_of("listen"), "must be an address and a port like 127.0.0.1:8081 or [::1]:8081");
  in.text("title", page.title);
  in.url("url", page.url);
  page.url = text::without_slash(page.url);
  in.each("components", [&](Mapping& one) {
    bot::Component component;
    one.text("id", component.id, Need::required);
    component.name = component.id;
    one.text("name", component.name);
    one.text("description", component.description);
    if (!component.id.empty() && !is_name(component.id)) one.report().about(one.path_of("id"), "must be one word of letters, digits, \"-\", \"_\" and \".\"");
    for (const auto& have : page.components)
      if (!component.id.empty() && have.id == component.id) one.report().about(one.path_of("id"), "is here twice; each component needs its own id");
    page.components.push_back(std::move(component));
  });
}

void read_vendor(Mapping& in, bot::StatusPageSettings& page) {
  in.url("api_url", page.api_url);
  page.api_url = text::without_slash(page.api_url);
  in.text("page_id", page.page_id, Need::required);
  if (!page.page_id.empty() && !is_path_word(page.page_id)) in.report().about(in.path_of("page_id"), "must be the page's id, only letters and digits");
  in.secret("api_key", page.api_key, Need::required);
  in.pairs("components", page.component_ids);
  for (const auto& [ours, theirs] : page.component_ids) {
    const std::string path = in.path_of("components") + "." + ours;
    if (!is_name(ours)) in.report().about(path, "must be one word of letters, digits, \"-\", \"_\" and \".\"");
    if (!is_path_word(theirs)) in.report().about(path, "must be the vendor's id of this component, only letters and digits");
  }
}

}  // namespace

void read_alerts(Mapping& root, bot::Settings& out) {
  root.each("alerts", [&](Mapping& in) {
    bot::AlertSource source;
    read_source(in, source);
    for (std::size_t i = 0; i < out.alerts.size(); ++i) {
      const auto& have = out.alerts[i];
      if (!source.name.empty() && have.name == source.name)
        in.report().at(in.line(), in.path() + ": the name is that of alerts[" + std::to_string(i) + "] too; give each source its own name");
      if (!source.key.empty() && have.key.reveal() == source.key.reveal())
        in.report().about(in.path_of("key"), "is the same as that of alerts[" + std::to_string(i) + "]; nobody could tell the two apart");
    }
    out.alerts.push_back(std::move(source));
  });
}

void read_status_pages(Mapping& root, bot::Settings& out) {
  root.each("status_pages", [&](Mapping& in) {
    bot::StatusPageSettings page;
    in.text("kind", page.kind, Need::required);
    if (!page.kind.empty()) check_known(page.kind, {"builtin", "statuspage"}, in.path_of("kind"), "a kind of status page", in.report());
    in.text("name", page.name, Need::required);
    if (!page.name.empty() && !is_name(page.name)) in.report().about(in.path_of("name"), "must be one word of letters, digits, \"-\", \"_\" and \".\"");
    for (const auto& have : out.status_pages)
      if (!page.name.empty() && have.name == page.name) in.report().about(in.path_of("name"), "is here twice; each status page needs its own name");
    if (page.kind == "builtin") read_builtin(in, page);
    else if (page.kind == "statuspage") read_vendor(in, page);
    else in.ignore_rest();
    out.status_pages.push_back(std::move(page));
  });
}

}  // namespace settings
