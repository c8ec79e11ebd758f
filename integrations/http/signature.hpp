// Message authentication for webhooks in both directions. Pure: the time is an argument.
#pragma once

#include <string>

#include "bot/env.hpp"
#include "bot/secret.hpp"

namespace http {

std::string sha256_hex(const std::string& bytes);
std::string hmac_sha256_hex(const bot::Secret& key, const std::string& bytes);
/// Constant time for equal lengths.
bool same(const std::string& a, const std::string& b);
/// Slack's request signing, version 0 (docs: "Verifying requests from Slack"): base string "v0:<ts>:<raw body>", window 300 s both ways.
bool slack_signature_ok(const bot::Secret& signing_secret, const std::string& timestamp_header, const std::string& signature_header,
                        const std::string& raw_body, bot::Time now);
/// Ours on outgoing webhooks: "t=<unix s>,v1=<hex HMAC-SHA256(secret, "<t>.<body>")>".
std::string webhook_signature(const bot::Secret& secret, const std::string& body, bot::Time now);
std::string base64url(const std::string& bytes);
bool base64url_decode(const std::string& text, std::string& out);

}  // namespace http
