#include "integrations/alerts/alertmanager/notification.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/text/html.hpp"

namespace alertmanager {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestKey = 200;  // longer keys are hashed: they are stored and compared again and again
constexpr std::size_t kLongestLink = 2000;

/// Reads members of one JSON object and says what is wrong with them by their path.
class Member {
 public:
  Member(const json& object, std::string path, std::vector<std::string>& faults) : object_(object), path_(std::move(path)), faults_(faults) {}

  /// "" when absent; a fault when it is no text.
  std::string text(const char* name) {
    const auto it = object_.find(name);
    if (it == object_.end() || it->is_null()) return "";
    if (it->is_string()) return it->get<std::string>();
    fault(std::string(name) + " must be text");
    return "";
  }

  std::map<std::string, std::string> texts(const char* name) {
    std::map<std::string, std::string> out;
    const auto it = object_.find(name);
    if (it == object_.end() || it->is_null()) return out;
    if (!it->is_object()) {
      fault(std::string(name) + " must be an object of texts");
      return out;
    }
    for (const auto& [key, value] : it->items()) {
      if (value.is_string()) out[key] = value.get<std::string>();
      else return fault(std::string(name) + "." + text::shorten(text::clean(key, true), 40) + " must be text"), out;
    }
    return out;
  }

  std::optional<bot::Time> time(const char* name, bool required) {
    const std::size_t before = faults_.size();
    const std::string raw = text(name);
    if (faults_.size() != before) return {};
    bot::Time at;
    if (raw.empty()) {
      if (required) fault(std::string(name) + " is missing");
      return {};
    }
    if (!bot::parse_iso8601(raw, at)) return fault(std::string(name) + " is not a time like 2026-11-23T15:42:18Z"), std::nullopt;
    return at;
  }

  void fault(const std::string& what) { faults_.push_back(path_.empty() ? what : path_ + "." + what); }

 private:
  const json& object_;
  std::string path_;
  std::vector<std::string>& faults_;
};

std::string first_line(const std::string& raw) {
  const auto begin = raw.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text::shorten(text::clean(raw.substr(begin, raw.find_first_of("\r\n", begin) - begin), true), 500);
}

bool plain_key(const std::string& key) {
  return key.size() <= kLongestKey && std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string short_key(const std::string& key) { return plain_key(key) ? key : "sha256-" + http::sha256_hex(key); }

/// Alertmanager's own fingerprint, else one of ours over the sorted labels.
std::string fingerprint(const std::string& given, const std::map<std::string, std::string>& labels) {
  return given.empty() ? "labels-" + http::sha256_hex(codec::dump(json(labels))) : short_key(given);
}

std::string group_of(const bot::AlertSource& source, const std::string& group_key, const std::map<std::string, std::string>& labels) {
  if (source.group_by.empty()) return group_key.empty() ? "" : source.name + ":" + short_key(group_key);
  json values = json::array();
  for (const auto& label : source.group_by) {
    const auto it = labels.find(label);
    values.push_back({label, it == labels.end() ? "" : it->second});
  }
  return source.name + ":" + short_key(codec::dump(values));
}

std::string severity_of(const bot::AlertSource& source, const bot::IncidentSettings& incidents, const std::map<std::string, std::string>& labels) {
  if (const auto label = labels.find(source.severity_label); label != labels.end()) {
    if (const auto mapped = source.severity_map.find(label->second); mapped != source.severity_map.end()) return mapped->second;
    const auto& ours = incidents.severities;
    if (std::find(ours.begin(), ours.end(), label->second) != ours.end()) return label->second;
  }
  return incidents.severity_when_unnamed();
}

std::string link_of(const std::string& url) {
  const bool web = url.compare(0, 7, "http://") == 0 || url.compare(0, 8, "https://") == 0;
  const bool clean = std::all_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '"' && c != '<' && c != '>'; });
  return web && clean && url.size() <= kLongestLink ? url : "";
}

/// Go writes the year 1 for "no time".
bool is_set(const std::optional<bot::Time>& time) { return time && *time > bot::Time{}; }

void read_alert(const json& object, std::size_t index, const std::string& group_key, const bot::AlertSource& source, const bot::IncidentSettings& incidents,
                Notification& out) {
  const std::string path = "alerts[" + std::to_string(index) + "]";
  if (!object.is_object()) return out.faults.push_back(path + " must be an object");
  const std::size_t before = out.faults.size();
  Member member(object, path, out.faults);
  const std::string status = member.text("status");
  if (out.faults.size() == before && status != "firing" && status != "resolved") member.fault("status must be firing or resolved");
  const auto labels = member.texts("labels");
  auto annotations = member.texts("annotations");
  const auto starts = member.time("startsAt", true);
  const auto ends = member.time("endsAt", false);
  const std::string link = member.text("generatorURL");
  const std::string given = member.text("fingerprint");
  if (given.empty() && labels.empty() && out.faults.size() == before) member.fault("labels and fingerprint are both missing: nothing tells this alert from others");
  if (out.faults.size() != before) return;

  const auto name = labels.find("alertname");
  const std::string id = source.name + ":" + fingerprint(given, labels);
  Delivery delivery;
  delivery.index = index;
  bot::Alert& alert = delivery.alert;
  alert.integration = source.name;
  alert.identity = id;
  alert.group = group_of(source, group_key, labels);
  alert.name = name == labels.end() ? "" : text::shorten(text::clean(name->second, true), 200);
  if (alert.name.empty()) alert.name = "unnamed alert";
  alert.summary = first_line(annotations["summary"]);
  if (alert.summary.empty()) alert.summary = first_line(annotations["description"]);
  alert.severity = severity_of(source, incidents, labels);
  alert.link = link_of(link);
  alert.firing = status == "firing";
  if (is_set(starts)) alert.starts = starts;
  if (!alert.firing && is_set(ends)) alert.ends = ends;
  delivery.dedup_key = id + ":" + status + ":" + bot::iso8601(alert.ends ? *alert.ends : *starts);
  out.alerts.push_back(std::move(delivery));
}

Notification refuse(int status, std::string problem) {
  Notification out;
  out.refused = status;
  out.problem = std::move(problem);
  return out;
}

void read_truncated(const json& body, Notification& out) {
  const auto it = body.find("truncatedAlerts");
  if (it == body.end() || it->is_null()) return;
  if (it->is_number_unsigned()) out.truncated = it->get<std::uint64_t>();
  else out.faults.push_back("truncatedAlerts must be a number");
  if (out.truncated == 0 || out.alerts.empty()) return;
  // Said where people read it: alerts that were left out page nobody.
  auto& summary = out.alerts.front().alert.summary;
  summary += (summary.empty() ? "" : " ") + std::string("(Alertmanager left out ") + std::to_string(out.truncated) + " more alerts of this group; see its max_alerts)";
}

}  // namespace

Notification parse_notification(const std::string& body, const bot::AlertSource& source, const bot::IncidentSettings& incidents) {
  auto parsed = codec::parse(body);
  if (!parsed) return refuse(400, "Nothing recorded: the body is not readable JSON. " + parsed.error().message);
  const json& object = *parsed;
  if (!object.is_object()) return refuse(400, "Nothing recorded: the body must be a JSON object.");
  const auto version = object.find("version");
  if (version == object.end() || !version->is_string() || version->get<std::string>() != "4")
    return refuse(422, "Nothing recorded: this address takes Alertmanager's own webhook body, version \"4\". A custom payload template or another sender needs another kind of source.");
  const auto alerts = object.find("alerts");
  if (alerts == object.end() || !alerts->is_array()) return refuse(400, "Nothing recorded: \"alerts\" must be a list.");
  Notification out;
  const std::string group_key = Member(object, "", out.faults).text("groupKey");
  out.alerts.reserve(alerts->size());
  for (std::size_t i = 0; i < alerts->size(); ++i) read_alert((*alerts)[i], i, group_key, source, incidents, out);
  read_truncated(object, out);
  return out;
}

}  // namespace alertmanager
