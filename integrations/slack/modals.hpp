// Modals from the press to the timeline: opened within Slack's three seconds, filled a moment later, and their submission made an invocation.
// Place: part of the inbox. Threads: all functions from any; whatever waits for Slack or for a read runs on the reception's threads.
// Errors: a form that cannot be opened becomes a private sentence with what to type instead; a refused submission keeps what was typed and says
// beside the field what is wrong with it.
#pragma once

#include "integrations/slack/form_view.hpp"
#include "integrations/slack/reception.hpp"

namespace slack {

/// One form on its way to a person.
struct Opening {
  From from;
  std::string trigger;       ///< good for three seconds and one use
  std::string response_url;  ///< where the person is told when it fails; "" = in the room, or directly
  bot::RequestBody ask;      ///< Typed or Invocation, as FormSource takes it
  std::string instead;       ///< what to type when it fails: "declare sev1 TITLE"
  bot::Millis arrived{};     ///< Clock::monotonic
  std::optional<Origin> origin = {};
  std::map<std::string, std::string> filled = {};  ///< argument → what stands there if the form itself knows nothing
};

class Modals {
 public:
  explicit Modals(Reception& reception) : reception_(reception) {}

  /// Returns at once. Never waits for Slack.
  void open(Opening opening);
  /// The same with a view that is ready ("which incident?").
  void show(Opening opening, std::function<std::string()> view);
  /// An answer that has no other place: pressed in the Home tab.
  void show_reply(const Opening& opening, const bot::Reply& reply);
  /// `done` hears of a recorded submission before its answer is given.
  using Recorded = std::function<void(const Ticket&, const bot::Reply&)>;
  void submitted(const nlohmann::json& payload, const From& from, Answer answer, std::optional<bot::Time> sent, Recorded recorded);

  /// Answers to a submission, as Slack takes them.
  static std::string update_answer(const std::string& view);
  static std::string errors_answer(const std::string& block, const std::string& words);

 private:
  struct Submission;
  void run(const Opening& opening, const std::function<std::string()>& view);
  std::string filled_view(const Opening& opening) const;
  void failed(const Opening& opening, const std::string& why);
  bool changed_meanwhile(Submission& submission);
  void submit(std::shared_ptr<Submission> submission);
  std::string answer_to(const Submission& submission, const bot::Reply& reply) const;
  void answer_late(const Submission& submission, const bot::Reply& reply);

  Reception& reception_;
};

}  // namespace slack
