#include "integrations/statuspage/builtin/site.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "integrations/http/signature.hpp"
#include "integrations/statuspage/builtin/feeds.hpp"
#include "integrations/statuspage/builtin/gzip.hpp"
#include "integrations/statuspage/builtin/json.hpp"
#include "integrations/statuspage/builtin/view.hpp"
#include "statuspage_assets_embedded.hpp"

namespace statuspage::builtin {
namespace {

using Built = std::shared_ptr<const Resource>;

const char* const kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";
const char* const kShort = "public, max-age=15, stale-if-error=86400";
const char* const kForever = "public, max-age=31536000, immutable";
constexpr std::size_t kNotWorthIt = 200;  // bytes; below that gzip saves nothing

enum class Kind { html, json, atom, rss, svg, css, script, text };

http::Headers headers_of(Kind kind) {
  switch (kind) {
    case Kind::html: return {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", kShort}, {"Content-Security-Policy", kPolicy}};
    case Kind::json: return {{"Content-Type", "application/json; charset=utf-8"}, {"Cache-Control", kShort}, {"Access-Control-Allow-Origin", "*"}};
    case Kind::atom: return {{"Content-Type", "application/atom+xml; charset=utf-8"}, {"Cache-Control", kShort}, {"Access-Control-Allow-Origin", "*"}};
    case Kind::rss: return {{"Content-Type", "application/rss+xml; charset=utf-8"}, {"Cache-Control", kShort}, {"Access-Control-Allow-Origin", "*"}};
    case Kind::svg: return {{"Content-Type", "image/svg+xml"}, {"Cache-Control", kShort}, {"Content-Security-Policy", "default-src 'none'"}};
    case Kind::css: return {{"Content-Type", "text/css; charset=utf-8"}, {"Cache-Control", kForever}};
    case Kind::text: return {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", kShort}};
    case Kind::script: return {{"Content-Type", "text/javascript; charset=utf-8"}, {"Cache-Control", kForever}};
  }
  return {};
}

Built resource(Kind kind, const std::string& bytes, int status = 200) {
  auto out = std::make_shared<Resource>();
  const std::string digest = http::sha256_hex(bytes).substr(0, 20);
  out->plain_tag = "\"" + digest + "\"";
  out->zipped_tag = "\"" + digest + "-gz\"";  // other bytes, so another strong tag
  http::Headers common = headers_of(kind);
  common.emplace_back("Vary", "Accept-Encoding");
  const auto make = [&](const std::string& tag, int code, std::string body, bool zipped) {
    http::Response response{code, common, std::move(body)};
    response.headers.emplace_back("ETag", tag);
    if (zipped) response.headers.emplace_back("Content-Encoding", "gzip");
    return response;
  };
  out->plain = make(out->plain_tag, status, bytes, false);
  out->plain_unchanged = make(out->plain_tag, 304, {}, false);
  std::string small = bytes.size() > kNotWorthIt ? gzip(bytes) : std::string{};
  if (small.empty() || small.size() >= bytes.size()) {
    out->zipped = out->plain;
    out->zipped_tag = out->plain_tag;
    out->zipped_unchanged = out->plain_unchanged;
  } else {
    out->zipped = make(out->zipped_tag, status, std::move(small), true);
    out->zipped_unchanged = make(out->zipped_tag, 304, {}, false);
  }
  return out;
}

std::string embedded(const char* name) { return std::string(statuspage_assets::embedded(name)); }

void add_fixed(Site& site, const Page& page) {
  site[asset_path("page.css")] = resource(Kind::css, embedded("page.css"));
  site[asset_path("page.js")] = resource(Kind::script, embedded("page.js"));
  for (const char* indicator : {"none", "minor", "major", "critical", "maintenance"})
    site["/favicon-" + std::string(indicator) + ".svg"] = resource(Kind::svg, favicon(indicator));
  site["/robots.txt"] = resource(Kind::text, "User-agent: *\nAllow: /\n");  // a status page wants to be found
  site["/api"] = site["/api/v2"] = resource(Kind::html, api_view(page));
  site[kMissing] = resource(Kind::html, missing_view(page), 404);
}

void add_incidents(Site& site, const Page& page, const Page* before, const Site* site_before) {
  std::map<std::string_view, const PublicIncident*> old;
  // The frame's icon shows the page's state: when that moved, every page is made again.
  if (before && overall(*before).indicator == overall(page).indicator)
    for (const auto& i : before->incidents) old[i.id] = &i;
  for (const auto& i : page.incidents) {
    const std::string path = "/incidents/" + i.id;
    const auto same = old.find(i.id);
    Built built = same != old.end() && *same->second == i ? site_before->at(path) : resource(Kind::html, incident_view(page, i));
    site["/i/" + i.id] = built;
    site[path] = std::move(built);
  }
}

void add_history(Site& site, const Page& page) {
  const auto months = history_months(page);
  for (const auto& m : months) site["/history/" + m] = resource(Kind::html, history_view(page, m));
  site["/history"] = months.empty() ? resource(Kind::html, history_view(page, "")) : site["/history/" + months.front()];
}

}  // namespace

Site build_site(const Page& page, const Page* before, const Site* site_before) {
  const bool frame_same = before && before->url == page.url;
  const bool same = frame_same && before->incidents == page.incidents;
  Site site;
  if (same) {
    site = *site_before;  // only the time went on
  } else {
    add_fixed(site, page);
    add_incidents(site, page, frame_same ? before : nullptr, frame_same ? site_before : nullptr);
    add_history(site, page);
    for (auto& [path, text] : api_documents(page)) site[path] = resource(Kind::json, text);
    site["/history.atom"] = resource(Kind::atom, history_atom(page));
    site["/history.rss"] = resource(Kind::rss, history_rss(page));
    site["/updates.rss"] = resource(Kind::rss, updates_rss(page));
    site["/favicon.svg"] = site["/favicon.ico"] = site["/favicon-" + overall(page).indicator + ".svg"];
  }
  site["/"] = resource(Kind::html, home_view(page));
  return site;
}

bool accepts_gzip(const std::string& header) {
  for (std::size_t at = 0; at < header.size();) {
    const auto end = std::min(header.find(',', at), header.size());
    std::string_view item = std::string_view(header).substr(at, end - at);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    const auto name_end = std::min(item.find_first_of("; \t"), item.size());
    const std::string_view name = item.substr(0, name_end);
    const auto equal = [&](std::string_view word) {
      return name.size() == word.size() && std::equal(name.begin(), name.end(), word.begin(), [](char a, char b) { return (a | 32) == b; });
    };
    if (equal("gzip") || name == "*") {
      const auto q = item.find("q=", name_end);
      return q == std::string_view::npos || item.find_first_of("123456789", q + 2) != std::string_view::npos;
    }
    at = end + 1;
  }
  return false;
}

bool matches_tag(const std::string& header, const std::string& tag) {
  for (std::size_t at = 0; at < header.size();) {
    const auto end = std::min(header.find(',', at), header.size());
    std::string_view item = std::string_view(header).substr(at, end - at);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (item.substr(0, 2) == "W/") item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
    at = end + 1;
  }
  return false;
}

const http::Response& answer(const Site& site, const http::Request& request) {
  // A slash too many at the end means the same address.
  const std::string_view path = request.path.size() > 1 && request.path.back() == '/' ? std::string_view(request.path).substr(0, request.path.size() - 1) : request.path;
  const auto found = site.find(std::string(path));
  const bool missing = found == site.end() || path.empty();
  const Resource& resource = missing ? *site.at(kMissing) : *found->second;
  const bool zipped = accepts_gzip(request.header("accept-encoding"));
  const std::string& tag = zipped ? resource.zipped_tag : resource.plain_tag;
  const std::string& known = request.header("if-none-match");
  if (!missing && !known.empty() && matches_tag(known, tag)) return zipped ? resource.zipped_unchanged : resource.plain_unchanged;
  return zipped ? resource.zipped : resource.plain;
}

}  // namespace statuspage::builtin
