// From domain outcomes to HTTP answers.
#pragma once

#include "bot/people.hpp"
#include "bot/request.hpp"
#include "integrations/http/server.hpp"

namespace api {

http::Response answer_of(const bot::Error& error);
/// codec::view of the reply with the status a script can act on; a refusal also carries "title" and "detail" like a problem.
http::Response answer_of(const bot::Reply& reply, const bot::People& people);

}  // namespace api
