#include "integrations/api/timeline_export.hpp"

#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"

namespace api {
namespace {

/// About 2 ms of work: others on the same I/O thread wait no longer than that.
constexpr int kPage = 250;

class Export : public std::enable_shared_from_this<Export> {
 public:
  Export(bot::Reader& reader, const bot::People& people, bot::Incident incident, ExportFormat format)
      : reader_(reader), people_(people), incident_(std::move(incident)), format_(format), markdown_(incident_, people_) {}

  void start(http::Exchange& exchange) {
    http::Response head{200, {{"Cache-Control", "no-store"}}, {}};
    if (format_ == ExportFormat::json) {
      head.headers.emplace_back("Content-Type", "application/json");
      head.body = "{\"incident\":" + codec::dump(incident_.name()) + ",\"entries\":[";
      looking_ahead_ = false;
    } else {
      head.headers.emplace_back("Content-Type", "text/markdown; charset=utf-8");
      head.headers.emplace_back("Content-Disposition", "inline; filename=\"" + incident_.name() + ".md\"");
      head.body = markdown_.head();
    }
    stream_ = exchange.stream(std::move(head));
    next();
  }

 private:
  /// Through the connection's queue after each page: it answers when the client has read enough, and lets others in between.
  void next() {
    if (!stream_->alive()) return;
    stream_->when_drained([self = shared_from_this()] { self->step(); });
  }

  void step() {
    // Up to what the incident had when it was asked for: an incident that grows meanwhile still ends.
    auto page = reader_.timeline(incident_.number, after_, kPage);
    if (!page) return give_up(page.error());
    std::vector<bot::Entry>& entries = *page;
    while (!entries.empty() && entries.back().seq > incident_.last_seq) entries.pop_back();
    const bool last = entries.empty() || entries.back().seq >= incident_.last_seq;
    if (!entries.empty()) after_ = entries.back().seq;
    if (looking_ahead_) {
      // Corrections come after what they correct; knowing them first puts them in their place.
      markdown_.expect(entries);
      if (last) {
        looking_ahead_ = false;
        after_ = 0;
      }
      return next();
    }
    if (!entries.empty() && !stream_->write(drawn(entries))) return;
    if (!last) return next();
    if (format_ == ExportFormat::json) stream_->write("]}\n");
    stream_->close();
  }

  std::string drawn(const std::vector<bot::Entry>& entries) {
    if (format_ == ExportFormat::markdown) return markdown_.lines(entries);
    std::string out;
    for (const auto& entry : entries) {
      if (!first_) out += ",\n";
      first_ = false;
      out += codec::dump(codec::view(entry, people_));
    }
    return out;
  }

  /// The 200 is already out: a JSON reader sees that the document is not closed, a person reads why.
  void give_up(const bot::Error& error) {
    if (format_ == ExportFormat::markdown) stream_->write("\n**This export stops here:** " + error.message + "\n");
    stream_->close();
  }

  bot::Reader& reader_;
  const bot::People& people_;
  const bot::Incident incident_;
  const ExportFormat format_;
  bot::MarkdownTimeline markdown_;
  std::shared_ptr<http::Stream> stream_;
  std::int64_t after_ = 0;
  bool looking_ahead_ = true;
  bool first_ = true;
};

}  // namespace

void export_timeline(bot::Reader& reader, const bot::People& people, bot::Incident incident, ExportFormat format, http::Exchange& exchange) {
  std::make_shared<Export>(reader, people, std::move(incident), format)->start(exchange);
}

}  // namespace api
