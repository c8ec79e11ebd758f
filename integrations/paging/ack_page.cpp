#include "integrations/paging/ack_page.hpp"

#include "integrations/http/signature.hpp"
#include "integrations/text/html.hpp"

namespace paging {
namespace {

constexpr const char* kStyle =
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.6 system-ui,sans-serif;margin:0 auto;max-width:34rem;padding:1.5rem;background:#fff;color:#1a1a1a}"
    "h1{font-size:1.375rem;line-height:1.3}"
    ".what{border-left:.375rem solid #b3261e;padding:.25rem 0 .25rem 1rem;overflow-wrap:anywhere}"
    "button{font:inherit;font-weight:600;width:100%;min-height:3.5rem;border:0;border-radius:.5rem;background:#0b57d0;color:#fff}"
    "button:focus-visible{outline:.2rem solid currentColor;outline-offset:.2rem}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}.what{border-color:#f2b8b5}button{background:#a8c7fa;color:#062e6f}}";

/// "sha256-…" of the style, so that the policy allows these bytes and no others.
std::string style_source() {
  const std::string hex = http::sha256_hex(kStyle);
  std::string raw;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) raw.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return "'sha256-" + http::base64url(raw) + "='";  // 32 bytes: one "=" of padding
}

void facts(text::Html& h, const AckPage& page) {
  if (page.incident.empty()) return;
  h.open("div", {{"class", "what"}});
  h.open("p").element("strong", page.incident);
  if (!page.severity.empty()) h.text(" · " + page.severity);
  h.close();
  h.element("p", page.title);
  h.close();
}

}  // namespace

http::Response draw(const AckPage& page) {
  text::Html h;
  h.doctype().open("html", {{"lang", "en"}}).open("head");
  h.single("meta", {{"charset", "utf-8"}}).single("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  h.single("meta", {{"name", "robots"}, {"content", "noindex"}});
  h.element("title", page.incident.empty() ? "Page" : "Page for " + page.incident);
  h.open("style").trusted(kStyle).close().close();
  h.open("body").open("main").element("h1", page.heading);
  facts(h, page);
  if (!page.detail.empty()) h.element("p", page.detail);
  if (page.button) {
    h.open("form", {{"method", "post"}}).element("button", "Acknowledge", {{"type", "submit"}}).close();
    h.element("p", "Nobody further is paged once you acknowledge.");
  }
  h.close().close().close();
  auto response = http::Response::html(page.status, h.str());
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; style-src " + style_source() + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");  // the address is the authority
  response.headers.emplace_back("X-Robots-Tag", "noindex");
  return response;
}

}  // namespace paging
