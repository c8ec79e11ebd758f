#include "integrations/http/tls_files.hpp"

#include <sys/stat.h>

#include "bot/log.hpp"
#include "integrations/http/tls_check.hpp"

namespace http {

namespace ssl = boost::asio::ssl;

namespace {
constexpr int kLooksUntilTold = 2;  ///< each some seconds after the one before
}

bot::Status usable_tls(const std::string& certificate, const std::string& key) { return TlsFiles(certificate, key).load(); }

std::string TlsFiles::stamp() const {
  std::string out;
  for (const auto& file : {certificate_, key_}) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return {};
    out += std::to_string(info.st_size) + ":" + std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + ":" +
           std::to_string(info.st_ino) + ";";
  }
  return out;
}

bot::Status TlsFiles::load() {
  const std::string seen = stamp();
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                         ssl::context::no_tlsv1_1 | ssl::context::no_compression);
    context->use_certificate_chain_file(certificate_);
    context->use_private_key_file(key_, ssl::context::pem);
    if (SSL_CTX_check_private_key(context->native_handle()) != 1)
      return bot::fail(bot::ErrorKind::invalid_input, "The key in " + key_ + " does not belong to the certificate in " + certificate_ + ".");
    bot::Lock lock(mutex_);
    context_ = std::move(context);
    stamp_ = seen;
    return bot::Done{};
  } catch (const std::exception& e) {
    return bot::fail(bot::ErrorKind::invalid_input,
                     "The certificate " + certificate_ + " and key " + key_ + " could not be used: " + e.what() + ". Both must be readable PEM files.");
  }
}

void TlsFiles::refresh() {
  const std::string seen = stamp();
  if (!seen.empty() && seen == stamp_) return told(bot::Done{});  // as loaded, perhaps again
  // Certificate and key are replaced one after the other: a mismatch in between keeps the old pair and is tried again.
  told(seen.empty() ? bot::Status(bot::fail(bot::ErrorKind::invalid_input, "The certificate " + certificate_ + " or its key " + key_ + " is not there or cannot be read.")) : load());
}

/// Once when it begins to fail, looks apart from a replacement under way, and once when it is over: a certificate that runs out unseen is an outage.
void TlsFiles::told(const bot::Status& now) {
  if (now) {
    if (failed_looks_ >= kLooksUntilTold) bot::log(bot::LogLevel::info, "tls_files_usable_again", {{"certificate", certificate_}});
    failed_looks_ = 0;
  } else if (++failed_looks_ == kLooksUntilTold) {
    bot::log(bot::LogLevel::error, "tls_files_not_usable",
             {{"why", now.error().message},
              {"what_to_do", "Muster goes on with the certificate it had. Put a PEM certificate and the key that belongs to it in these files, readable by Muster; they are taken up within seconds, without a restart."}});
  }
}

std::shared_ptr<ssl::context> TlsFiles::current() const {
  bot::Lock lock(mutex_);
  return context_;
}

}  // namespace http
