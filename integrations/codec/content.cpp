// What leaves Muster ⇄ JSON, one shape per kind of message.
#include "bot/message.hpp"

#include "integrations/codec/cards.hpp"
#include "integrations/codec/codec.hpp"

namespace codec {
namespace {

struct Write {
  TextWriter& w;
  void operator()(const bot::OpenRoom& c) const {
    w.name("name").string(c.name);
    w.name("title").string(c.title);
    w.name("private").boolean(c.is_private);
    if (!c.existing.empty()) w.name("existing").string(c.existing);
    if (!c.before.empty()) w.name("before").string(c.before);
  }
  void operator()(const bot::SetTopic& c) const {
    w.name("topic").string(c.topic);
    if (!c.name.empty()) w.name("name").string(c.name);
  }
  void operator()(const bot::InvitePeople& c) const {
    w.name("people").begin_array();
    for (const auto& person : c.people) w.string(person);
    w.end_array();
    if (c.groups.empty()) return;
    w.name("groups").begin_array();
    for (const auto& group : c.groups) w.string(group);
    w.end_array();
  }
  void operator()(const bot::PostSummary&) const {}
  void operator()(const bot::PinSummary&) const {}
  void operator()(const bot::EditSummary&) const {}
  void operator()(const bot::ArchiveRoom&) const {}
  void operator()(const bot::AddBookmarks&) const {}
  void operator()(const bot::Say& c) const { card(c.card); }
  void operator()(const bot::Announce& c) const { card(c.card); }
  void operator()(const bot::PublicUpdate& c) const {
    w.name("op").string(c.op);
    w.name("state").string(c.state);
    w.name("title").string(c.title);
    w.name("body").string(c.body);
    w.name("components").begin_object();
    for (const auto& [id, state] : c.components) w.outside_name(id).string(state);
    w.end_object();
    w.name("impact").string(c.impact);
    w.name("first").boolean(c.first);
    w.name("at").number(c.at.time_since_epoch().count());
  }
  void operator()(const bot::PagePerson& c) const {
    w.name("page").string(c.page);
    w.name("person").string(c.person);
    w.name("step").number(c.step);
    w.name("title").string(c.title);
    w.name("severity").string(c.severity);
    w.name("text").string(c.text);
    w.name("ack_path").string(c.ack_path);
  }
  void card(const bot::Card& c) const {
    w.name("card");
    write(w, c);
  }
};

struct Read {
  const Fields& f;
  void operator()(bot::OpenRoom& c) const {
    f.read("name", c.name);
    f.read("title", c.title);
    f.read("private", c.is_private);
    f.read("existing", c.existing);
    f.read("before", c.before);
  }
  void operator()(bot::SetTopic& c) const {
    f.read("topic", c.topic);
    f.read("name", c.name);
  }
  void operator()(bot::InvitePeople& c) const { 
    f.read_texts("people", c.people);
    f.read_texts("groups", c.groups);
  }
  void operator()(bot::PostSummary&) const {}
  void operator()(bot::PinSummary&) const {}
  void operator()(bot::EditSummary&) const {}
  void operator()(bot::ArchiveRoom&) const {}
  void operator()(bot::AddBookmarks&) const {}
  void operator()(bot::Say& c) const { card(c.card); }
  void operator()(bot::Announce& c) const { card(c.card); }
  void operator()(bot::PublicUpdate& c) const {
    f.read("op", c.op);
    f.read("state", c.state);
    f.read("title", c.title);
    f.read("body", c.body);
    f.read("components", c.components);
    f.read("impact", c.impact);
    f.read("first", c.first);
    f.read("at", c.at);
  }
  void operator()(bot::PagePerson& c) const {
    f.read("page", c.page);
    f.read("person", c.person);
    f.read("step", c.step);
    f.read("title", c.title);
    f.read("severity", c.severity);
    f.read("text", c.text);
    f.read("ack_path", c.ack_path);
  }
  void card(bot::Card& out) const {
    if (const auto* j = f.find("card")) out = read_card(Fields(*j, f.problem()));
  }
};

/// The empty content whose kind has this name; false when there is none.
template <std::size_t I = 0>
bool content_named(const std::string& kind, bot::Content& out) {
  if constexpr (I < std::variant_size_v<bot::Content>) {
    bot::Content candidate{std::in_place_index<I>};
    if (kind != bot::kind_of(candidate)) return content_named<I + 1>(kind, out);
    out = std::move(candidate);
    return true;
  } else {
    return false;
  }
}

}  // namespace

std::string encode(const bot::Content& content) {
  TextWriter w(256);
  w.begin_object();
  w.name("v").number(1);
  std::visit(Write{w}, content);
  w.end_object();
  return w.take();
}

bot::Result<bot::Content> decode_content(const std::string& kind, const std::string& text) {
  bot::Content content;
  if (!content_named(kind, content)) return damaged("message", "its kind is unknown to this Muster");
  auto parsed = parse_stored("message", text);
  if (!parsed) return parsed.error();
  Problem problem;
  std::visit(Read{Fields(*parsed, problem)}, content);
  if (problem.any()) return damaged("message", problem.words());
  return content;
}

}  // namespace codec
