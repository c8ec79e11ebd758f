// What the composition root does for Matrix: the verbs that help to set it up, and the part of the server that listens to it.
// Place: main.cpp and main_serve.cpp alone.
#pragma once

#include <memory>
#include <string>

#include "bot/coordinator.hpp"
#include "bot/lifecycle.hpp"
#include "integrations/http/server.hpp"
#include "integrations/matrix/event_source.hpp"
#include "integrations/matrix/sender.hpp"
#include "integrations/metrics/metrics.hpp"

namespace bot {

/// `muster matrix register`: 0 when the file is written.
int matrix_register(const Settings& settings, const std::string& file);
/// `muster matrix doctor`: 1 when there is a fault.
int matrix_doctor(const Settings& settings);

/// Matrix inside the server: the api that sender and listener share, and the listener.
class MatrixPart {
 public:
  MatrixPart(const Settings& settings, http::Client& client, Env env);
  std::unique_ptr<Sender> make_sender(const Settings& settings, const People& people, Env env);
  /// Once, before the server starts.
  void listen(const Settings& settings, const People& people, Coordinator& coordinator, Reader& reader, Env env, http::Server& server, metrics::Metrics& metrics);
  Status start() { return source_->start(); }
  void stop() { source_->stop(); }
  /// Said when nothing was heard for a while; a moment's silence is none. "" = all is well.
  std::string trouble() const;

 private:
  void measure(metrics::Metrics& metrics);
  std::shared_ptr<matrix::Api> api_;
  matrix::Heard heard_;
  std::unique_ptr<matrix::Chores> chores_;
  std::unique_ptr<matrix::EventSource> source_;
};

}  // namespace bot
