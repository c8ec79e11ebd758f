#include "tests/scenarios/recording_wire.hpp"

namespace scene {

using support::WireAnswer;
using support::WireRequest;

RecordingWire::RecordingWire(std::string leads_to, Delay delay)
    : leads_to_(std::move(leads_to)), delay_(std::move(delay)),
      server_(std::make_unique<support::LoopbackHttp>([this](const WireRequest& request) { return pass(request); })) {}

void RecordingWire::lead_to(std::string url) {
  std::lock_guard lock(mutex_);
  leads_to_ = std::move(url);
}

std::vector<WireCall> RecordingWire::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

WireAnswer RecordingWire::pass(const WireRequest& request) {
  WireCall kept{request.method, request.target.substr(0, request.target.find('?')), request.body, 0, "", clock_->monotonic(), bot::Millis{0}};
  http::Call call;
  call.method = request.method;
  {
    std::lock_guard lock(mutex_);
    call.url = leads_to_ + request.target;
  }
  call.body = request.body;
  call.deadline = bot::Millis{90000};
  call.answer_cap = 64u << 20;
  for (const char* name : {"authorization", "content-type"})
    if (const auto it = request.headers.find(name); it != request.headers.end()) call.headers.emplace_back(name, it->second);
  const auto result = client_->call(call);
  const auto* answer = std::get_if<http::Answer>(&result);
  WireAnswer out;
  if (answer == nullptr) out.close_before = true;
  else {
    out.status = answer->status;
    out.body = answer->body;
    out.headers = {{"Content-Type", "application/json"}};
    if (const std::string& after = answer->header("retry-after"); !after.empty()) out.headers.emplace_back("Retry-After", after);
    kept.status = answer->status;
    kept.answer = answer->body;
  }
  if (delay_) out.delay = delay_(kept.method, kept.path);
  kept.answered = clock_->monotonic() + out.delay;
  std::lock_guard lock(mutex_);
  calls_.push_back(std::move(kept));
  return out;
}

}  // namespace scene
