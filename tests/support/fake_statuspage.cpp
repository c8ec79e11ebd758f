#include "tests/support/fake_statuspage.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

namespace support {
namespace {

using nlohmann::json;
using Kind = StatuspageFault::Kind;
using On = StatuspageFault::On;

const std::set<std::string> kStates{"investigating", "identified", "monitoring", "resolved", "scheduled", "in_progress", "verifying", "completed"};
const std::set<std::string> kComponentStates{"operational", "under_maintenance", "degraded_performance", "partial_outage", "major_outage", ""};
const std::set<std::string> kImpacts{"none", "maintenance", "minor", "major", "critical"};

WireAnswer json_answer(int status, const json& body) {
  WireAnswer out;
  out.status = status;
  out.body = body.dump();
  out.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  return out;
}

WireAnswer error(int status, const std::string& words) {
  if (status == 422) return json_answer(status, {{"error", json::array({words})}});
  return json_answer(status, {{"error", words}});
}

std::size_t code_points(const std::string& s) {
  return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool open(const FakeStatuspage::Incident& i) { return i.status != "resolved" && i.status != "completed"; }

json to_json(const FakeStatuspage::Incident& i, const std::string& page) {
  json updates = json::array();
  for (auto u = i.updates.rbegin(); u != i.updates.rend(); ++u)
    updates.push_back({{"id", u->id}, {"status", u->status}, {"body", u->body}, {"incident_id", i.id},
                       {"created_at", bot::iso8601(u->created)}, {"updated_at", bot::iso8601(u->created)},
                       {"display_at", bot::iso8601(u->created)}, {"deliver_notifications", i.deliver_notifications}});
  json metadata = json::object();
  if (!i.mark_incident.empty() || !i.mark_op.empty()) metadata["muster"] = {{"incident", i.mark_incident}, {"last_op", i.mark_op}};
  return {{"id", i.id}, {"page_id", page}, {"name", i.name}, {"status", i.status}, {"impact", i.impact}, {"shortlink", i.shortlink},
          {"created_at", bot::iso8601(i.created)}, {"metadata", metadata}, {"incident_updates", updates}};
}

/// What is wrong with an incident write, in the vendor's place; "" when nothing.
std::string fault_in(const json& incident, bool create, const std::vector<std::string>& components) {
  const auto text = [&](const char* name) { return incident.contains(name) ? incident[name] : json(); };
  if (create && (!text("name").is_string() || text("name").get<std::string>().empty())) return "Name can't be blank";
  if (incident.contains("name") && (!text("name").is_string() || code_points(text("name").get<std::string>()) > 255)) return "Name is too long (maximum is 255 characters)";
  if (incident.contains("body") && (!text("body").is_string() || code_points(text("body").get<std::string>()) > 25000)) return "Body is too long (maximum is 25000 characters)";
  if (incident.contains("status") && (!text("status").is_string() || !kStates.count(text("status").get<std::string>()))) return "Status is not included in the list";
  if (incident.contains("impact_override") && (!text("impact_override").is_string() || !kImpacts.count(text("impact_override").get<std::string>())))
    return "Impact override is not included in the list";
  if (incident.contains("deliver_notifications") && !text("deliver_notifications").is_boolean()) return "Deliver notifications must be true or false";
  const auto known = [&](const std::string& id) { return std::find(components.begin(), components.end(), id) != components.end(); };
  if (incident.contains("components")) {
    if (!text("components").is_object()) return "Components must be an object";
    for (const auto& [id, state] : incident["components"].items()) {
      if (!known(id)) return "Component " + id + " does not belong to this page";
      if (!state.is_string() || !kComponentStates.count(state.get<std::string>())) return "Component status is not included in the list";
    }
  }
  if (incident.contains("component_ids")) {
    if (!text("component_ids").is_array()) return "Component ids must be an array";
    for (const auto& id : incident["component_ids"])
      if (!id.is_string() || !known(id.get<std::string>())) return "Component ids are unknown";
  }
  if (incident.contains("metadata")) {
    if (!text("metadata").is_object()) return "Metadata must be an object";
    for (const auto& [name, value] : incident["metadata"].items())
      if (!value.is_object()) return "Metadata value of " + name + " must be an object";
  }
  return {};
}

std::string impact_of(const std::map<std::string, std::string>& components) {
  int worst = 0;
  for (const auto& [id, state] : components)
    worst = std::max(worst, state == "major_outage" ? 3 : state == "partial_outage" ? 2 : state == "degraded_performance" ? 1 : 0);
  return std::array<const char*, 4>{"none", "minor", "major", "critical"}[static_cast<std::size_t>(worst)];
}

}  // namespace

FakeStatuspage::FakeStatuspage(Options options) : options_(std::move(options)), own_clock_(bot::system_clock()) {
  for (const auto& id : options_.components) states_[id] = "operational";
  server_ = std::make_unique<LoopbackHttp>([this](const WireRequest& r) { return handle(r); });
}

FakeStatuspage::~FakeStatuspage() { stop(); }

void FakeStatuspage::stop() { server_->stop(); }

bot::Time FakeStatuspage::now() const { return options_.clock ? options_.clock->now() : own_clock_->now(); }

std::string FakeStatuspage::url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + "/v1"; }

std::vector<FakeStatuspage::Incident> FakeStatuspage::incidents() const {
  std::lock_guard lock(mutex_);
  return incidents_;
}

std::vector<FakeStatuspage::Update> FakeStatuspage::updates(const std::string& incident_id) const {
  std::lock_guard lock(mutex_);
  for (const auto& i : incidents_)
    if (i.id == incident_id) return i.updates;
  return {};
}

std::string FakeStatuspage::component(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto it = states_.find(id);
  return it == states_.end() ? "" : it->second;
}

std::vector<FakeStatuspage::Call> FakeStatuspage::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<std::string> FakeStatuspage::complaints() const {
  std::lock_guard lock(mutex_);
  return complaints_;
}

void FakeStatuspage::fail(StatuspageFault fault, int times) {
  std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) faults_.push_back(fault);
}

void FakeStatuspage::always(StatuspageFault fault) {
  std::lock_guard lock(mutex_);
  always_ = std::move(fault);
}

void FakeStatuspage::heal() {
  std::lock_guard lock(mutex_);
  faults_.clear();
  always_.reset();
}

void FakeStatuspage::hide_writes(int looks) {
  std::lock_guard lock(mutex_);
  hide_looks_ = looks;
}

std::string FakeStatuspage::plant(Incident incident) {
  std::lock_guard lock(mutex_);
  if (incident.id.empty()) incident.id = "planted" + std::to_string(++last_id_);
  if (incident.created == bot::Time{}) incident.created = now();
  incidents_.push_back(incident);
  return incident.id;
}

void FakeStatuspage::forget(const std::string& incident_id) {
  std::lock_guard lock(mutex_);
  incidents_.erase(std::remove_if(incidents_.begin(), incidents_.end(), [&](const Incident& i) { return i.id == incident_id; }), incidents_.end());
}

void FakeStatuspage::rewrite_mark(const std::string& incident_id, const std::string& incident, const std::string& op) {
  std::lock_guard lock(mutex_);
  for (auto& i : incidents_)
    if (i.id == incident_id) i.mark_incident = incident, i.mark_op = op;
}

std::optional<StatuspageFault> FakeStatuspage::next_fault(bool is_write) {
  const auto fits = [&](const StatuspageFault& f) { return f.on == On::everything || (f.on == On::writes) == is_write; };
  const auto it = std::find_if(faults_.begin(), faults_.end(), fits);
  if (it != faults_.end()) {
    StatuspageFault out = *it;
    faults_.erase(it);
    return out;
  }
  if (always_ && fits(*always_)) return always_;
  return {};
}

WireAnswer FakeStatuspage::handle(const WireRequest& request) {
  std::lock_guard lock(mutex_);
  const auto fault = next_fault(request.method != "GET");
  const bool works = !fault || fault->kind == Kind::slow || fault->kind == Kind::close_mid_answer || fault->kind == Kind::fail_after_work ||
                     fault->kind == Kind::hang_after_work || fault->kind == Kind::garble;
  WireAnswer answer = works ? work(request) : WireAnswer{};
  const auto header = [&](const char* name) { const auto h = request.headers.find(name); return h == request.headers.end() ? std::string{} : h->second; };
  if (fault) {
    const auto refusal = [&] {
      answer = fault->body.empty() ? error(fault->status, fault->status == 429 || fault->status == 420 ? "Too many requests" : "Something went wrong") : WireAnswer{};
      if (!fault->body.empty()) answer.body = fault->body;
      answer.status = fault->status;
      if (!fault->retry_after.empty()) answer.headers.emplace_back("Retry-After", fault->retry_after);
    };
    switch (fault->kind) {
      case Kind::slow: answer.delay = fault->delay; break;
      case Kind::refuse:
      case Kind::fail_after_work: refusal(); break;
      case Kind::hang:
      case Kind::hang_after_work: answer.hang = true; break;
      case Kind::close_before_work: answer.close_before = true; break;
      case Kind::close_mid_answer: answer.close_midway = true; break;
      case Kind::garble: answer.body = "<html>502 upstream"; break;
    }
  }
  calls_.push_back({request.method, request.target, request.body, header("authorization"), header("content-type"), answer.status});
  return answer;
}

WireAnswer FakeStatuspage::work(const WireRequest& request) {
  const auto authorization = request.headers.find("authorization");
  if (authorization == request.headers.end() || authorization->second != "OAuth " + options_.api_key) return error(401, "Could not authenticate");
  const auto question = request.target.find('?');
  const std::string path = request.target.substr(0, question);
  const std::string query = question == std::string::npos ? "" : request.target.substr(question + 1);
  const std::string root = "/v1/pages/" + options_.page_id + "/incidents";
  if (path.rfind(root, 0) != 0 || (path.size() > root.size() && path[root.size()] != '/')) return error(404, "Not found");
  const std::string rest = path.size() > root.size() ? path.substr(root.size() + 1) : "";
  if (request.method == "GET") return read(rest, query);
  if ((request.method == "POST" && rest.empty()) || ((request.method == "PATCH" || request.method == "PUT") && !rest.empty())) return write(request, rest);
  return error(405, "Method not allowed");
}

WireAnswer FakeStatuspage::read(const std::string& rest, const std::string& query) {
  const std::vector<Incident>* seen = &incidents_;
  if (hidden_looks_left_ > 0) {
    --hidden_looks_left_;
    seen = &stale_;
  }
  if (!rest.empty() && rest != "unresolved") {
    for (const auto& i : *seen)
      if (i.id == rest) return json_answer(200, to_json(i, options_.page_id));
    return error(404, "Not found");
  }
  const std::string name = rest.empty() ? "limit=" : "per_page=";
  const auto at = query.find(name);
  const std::size_t limit = at == std::string::npos ? 100 : std::min<std::size_t>(100, std::strtoul(query.c_str() + at + name.size(), nullptr, 10));
  json list = json::array();
  for (auto i = seen->rbegin(); i != seen->rend() && list.size() < limit; ++i)
    if (rest.empty() || open(*i)) list.push_back(to_json(*i, options_.page_id));
  return json_answer(200, list);
}

WireAnswer FakeStatuspage::write(const WireRequest& request, const std::string& incident_id) {
  const auto complain = [&](int status, const std::string& why) {
    complaints_.push_back(request.method + " " + request.target + ": " + why);
    return error(status, why);
  };
  const auto type = request.headers.find("content-type");
  if (type == request.headers.end() || type->second.rfind("application/json", 0) != 0) return complain(400, "Content-Type must be application/json");
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("incident") || !body["incident"].is_object()) return complain(400, "param is missing or the value is empty: incident");
  const json& in = body["incident"];
  const bool create = incident_id.empty();
  if (const std::string why = fault_in(in, create, options_.components); !why.empty()) return complain(422, why);

  auto found = std::find_if(incidents_.begin(), incidents_.end(), [&](const Incident& i) { return i.id == incident_id; });
  if (!create && found == incidents_.end()) return error(404, "Not found");
  stale_ = incidents_;
  hidden_looks_left_ = hide_looks_;
  if (create) {
    Incident fresh;
    fresh.id = "inc" + std::to_string(++last_id_);
    fresh.shortlink = "https://stspg.test/" + fresh.id;
    fresh.created = now();
    fresh.status = "investigating";
    incidents_.push_back(fresh);
    found = incidents_.end() - 1;
  }
  Incident& incident = *found;
  incident.name = in.value("name", incident.name);
  incident.status = in.value("status", incident.status);
  incident.deliver_notifications = in.value("deliver_notifications", true);
  if (in.contains("components"))
    for (const auto& [id, state] : in["components"].items()) states_[id] = incident.components[id] = state.get<std::string>();
  if (in.contains("component_ids")) incident.component_ids = in["component_ids"].get<std::vector<std::string>>();
  incident.impact = in.contains("impact_override") ? in["impact_override"].get<std::string>() : create ? impact_of(incident.components) : incident.impact;
  if (in.contains("metadata") && in["metadata"].contains("muster")) {
    const json& mark = in["metadata"]["muster"];
    const auto word = [&](const char* name) { return mark.contains(name) && mark[name].is_string() ? mark[name].get<std::string>() : std::string{}; };
    incident.mark_incident = word("incident");
    incident.mark_op = word("last_op");
  }
  if (in.contains("body") || in.contains("status")) incident.updates.push_back({"upd" + std::to_string(++last_id_), incident.status, in.value("body", ""), now()});
  return json_answer(create ? 201 : 200, to_json(incident, options_.page_id));
}

}  // namespace support
