// Slack's error words: what each means for a message, and the sentence for people.
#pragma once

#include "integrations/slack/api.hpp"

namespace slack {

/// Only what an error word may look like; anything else becomes "unknown_error".
std::string error_word(const std::string& received);
Problem problem_of(const std::string& method, const std::string& code, const std::string& needed_scope);
/// "the person's account is switched off" for a code, for use inside a sentence; the code itself when it is not a known one.
std::string reason_words(const std::string& code);

}  // namespace slack
