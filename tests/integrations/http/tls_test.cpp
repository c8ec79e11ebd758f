// TLS on the listener, with certificates made on the spot.
#include <catch2/catch.hpp>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "integrations/http/client.hpp"
#include "integrations/http/tls_files.hpp"
#include "test_server.hpp"
#include "tests/support/captured_log.hpp"

using namespace tests;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "muster-tls-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

/// A self-signed pair for "localhost" with the given serial number.
void write_pair(const std::filesystem::path& certificate, const std::filesystem::path& key, long serial) {
  EVP_PKEY* pair = EVP_EC_gen("P-256");
  X509* x = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
  X509_gmtime_adj(X509_getm_notBefore(x), 0);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, pair);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509_sign(x, pair, EVP_sha256());
  // Written beside and renamed, as certificate tools do.
  const auto save = [](const std::filesystem::path& path, const std::function<void(FILE*)>& write) {
    const std::string beside = path.string() + ".new";
    FILE* file = std::fopen(beside.c_str(), "w");
    write(file);
    std::fclose(file);
    std::filesystem::rename(beside, path);
  };
  save(key, [&](FILE* f) { PEM_write_PrivateKey(f, pair, nullptr, nullptr, 0, nullptr, nullptr); });
  save(certificate, [&](FILE* f) { PEM_write_X509(f, x); });
  X509_free(x);
  EVP_PKEY_free(pair);
}

/// One request over TLS; answers the server certificate's serial number, or 0 when no handshake came about.
long ask(int port, const std::string& request, std::string& answer, int highest = TLS1_3_VERSION) {
  RawSocket socket = RawSocket::to(port);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, highest);
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, socket.fd());
  long serial = 0;
  if (SSL_connect(ssl) == 1) {
    X509* x = SSL_get1_peer_certificate(ssl);
    serial = ASN1_INTEGER_get(X509_get_serialNumber(x));
    X509_free(x);
    SSL_write(ssl, request.data(), static_cast<int>(request.size()));
    char bytes[4096];
    for (int n; (n = SSL_read(ssl, bytes, sizeof bytes)) > 0;) answer.append(bytes, static_cast<std::size_t>(n));
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  return serial;
}

}  // namespace

TEST_CASE("requests over TLS are served as secure, and new certificate files are taken up without a restart") {
  Folder folder;
  const auto certificate = folder.path / "cert.pem";
  const auto key = folder.path / "key.pem";
  write_pair(certificate, key, 1001);
  http::ServerOptions options;
  options.tls_certificate = certificate;
  options.tls_key = key;
  TestServer server(options);
  std::string answer;
  CHECK(ask(server.port(), get("/what/x", "Connection: close\r\n"), answer) == 1001);
  CHECK(answer.find("GET /what/x  x 127.0.0.1 secure") != std::string::npos);

  write_pair(certificate, key, 1002);
  long serial = 0;
  for (int i = 0; i < 20000 && serial != 1002; ++i) serial = ask(server.port(), get("/hello", "Connection: close\r\n"), answer);
  CHECK(serial == 1002);

  // Rubbish in the files keeps the pair that works.
  std::ofstream(certificate) << "rubbish";
  for (int i = 0; i < 5; ++i) CHECK(ask(server.port(), get("/hello", "Connection: close\r\n"), answer) == 1002);
}

TEST_CASE("files that cannot be used keep the pair that works, and the log says so once, and once when it is over") {
  Folder folder;
  const auto certificate = folder.path / "cert.pem";
  const auto key = folder.path / "key.pem";
  write_pair(certificate, key, 1001);
  http::TlsFiles files(certificate, key);
  REQUIRE(files.load());
  const support::CapturedLog log;
  const auto first = files.current();
  files.refresh();
  CHECK(log.times("tls_files") == 0);

  std::ofstream(certificate) << "rubbish";
  files.refresh();
  CHECK(log.times("tls_files") == 0);  // it may be half replaced
  for (int i = 0; i < 5; ++i) files.refresh();
  CHECK(log.times("tls_files_not_usable") == 1);
  CHECK(log.times("goes on with the certificate it had") == 1);
  CHECK(log.times(certificate.string()) == 1);
  CHECK(files.current() == first);

  std::filesystem::remove(key);  // worse, but no news
  for (int i = 0; i < 5; ++i) files.refresh();
  CHECK(log.times("tls_files_not_usable") == 1);

  write_pair(certificate, key, 1002);
  for (int i = 0; i < 5; ++i) files.refresh();
  CHECK(files.current() != first);
  CHECK(log.times("tls_files_usable_again") == 1);

  const auto second = files.current();
  write_pair(folder.path / "other.pem", key, 1003);  // the key of another certificate
  for (int i = 0; i < 5; ++i) files.refresh();
  CHECK(log.times("tls_files_not_usable") == 2);
  CHECK(files.current() == second);
}

TEST_CASE("plain HTTP to a TLS port, old TLS and silence do no harm") {
  Folder folder;
  write_pair(folder.path / "c", folder.path / "k", 7);
  http::ServerOptions options;
  options.tls_certificate = folder.path / "c";
  options.tls_key = folder.path / "k";
  options.header_deadline = bot::Millis{300};
  TestServer server(options);
  auto plain = server.connect();
  plain.say(get("/hello"));
  CHECK(plain.rest().find("200") == std::string::npos);
  auto silent = server.connect();
  CHECK(silent.ended());
  std::string answer;
  CHECK(ask(server.port(), get("/hello"), answer, TLS1_1_VERSION) == 0);
  CHECK(ask(server.port(), get("/hello", "Connection: close\r\n"), answer) == 7);
}

TEST_CASE("our client refuses a self-signed certificate before sending anything") {
  Folder folder;
  write_pair(folder.path / "c", folder.path / "k", 7);
  http::ServerOptions options;
  options.tls_certificate = folder.path / "c";
  options.tls_key = folder.path / "k";
  std::atomic<int> reached{0};
  options.observe = [&](const std::string&, int, double) { ++reached; };
  TestServer server(options);
  http::Call call;
  call.method = "POST";
  call.url = "https://localhost:" + std::to_string(server.port()) + "/echo";
  call.body = "secret";
  const auto result = http::make_client()->call(call);
  REQUIRE(std::holds_alternative<http::CallFailure>(result));
  CHECK_FALSE(std::get<http::CallFailure>(result).maybe_done);
  CHECK(reached == 0);
}

TEST_CASE("a server whose certificate cannot be used does not start") {
  Folder folder;
  write_pair(folder.path / "c", folder.path / "k", 7);
  write_pair(folder.path / "c2", folder.path / "k2", 8);
  for (const auto& [certificate, key] : {std::pair{"c", "k2"}, std::pair{"missing", "k"}, std::pair{"c", ""}}) {
    http::ServerOptions options;
    options.tls_certificate = folder.path / certificate;
    options.tls_key = *key ? (folder.path / key).string() : "";
    auto server = http::make_server(options);
    const auto started = server->start();
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().message.find(options.tls_certificate) != std::string::npos);
  }
}
