#include "integrations/console/assets.hpp"

#include <cstdlib>

#include "console_assets_embedded.hpp"
#include "integrations/http/signature.hpp"

namespace console {

Assets::Assets() {
  const struct {
    const char* name;
    const char* type;
  } kinds[] = {
      {"console.css", "text/css; charset=utf-8"}, {"console.js", "text/javascript; charset=utf-8"}, {"muster.svg", "image/svg+xml"}};
  for (const auto& kind : kinds) {
    const std::string_view bytes = console_assets::embedded(kind.name);
    const std::string name = kind.name;
    const std::string hash = http::sha256_hex(std::string(bytes)).substr(0, 12);
    const auto dot = name.rfind('.');
    all_.push_back({name, "/assets/" + name.substr(0, dot) + "-" + hash + name.substr(dot), kind.type, "\"" + hash + "\"", bytes});
  }
}

const std::string& Assets::url(std::string_view name) const {
  for (const auto& asset : all_) {
    if (asset.name == name) return asset.url;
  }
  std::abort();  // a page names a file that was never embedded
}

// A page made by the version before an upgrade may still ask for the old name: it gets today's bytes, but may not keep them.
const Assets::Asset* Assets::find(const std::string& path) const {
  for (const auto& asset : all_) {
    if (asset.url == path || "/assets/" + asset.name == path) return &asset;
    const auto dot = asset.name.rfind('.');
    const std::string head = "/assets/" + asset.name.substr(0, dot) + "-", tail = asset.name.substr(dot);
    if (path.size() == asset.url.size() && path.rfind(head, 0) == 0 && path.compare(path.size() - tail.size(), tail.size(), tail) == 0)
      return &asset;
  }
  return nullptr;
}

http::Response Assets::serve(const http::Request& request) const {
  const Asset* asset = find(request.path);
  http::Response response;
  if (asset == nullptr) {
    response = http::Response::text(404, "Not found\n");
  } else if (request.header("if-none-match") == asset->etag) {
    response.status = 304;
  } else {
    response.body = std::string(asset->bytes);
    response.headers.emplace_back("Content-Type", asset->type);
  }
  if (asset != nullptr) {
    response.headers.emplace_back("ETag", asset->etag);
    response.headers.emplace_back("Cache-Control", asset->url == request.path ? "public, max-age=31536000, immutable" : "no-cache");
  }
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  return response;
}

}  // namespace console
