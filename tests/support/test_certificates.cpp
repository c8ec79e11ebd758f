#include "tests/support/test_certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace support {
namespace {

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* fresh(EVP_PKEY* key, const std::string& name, long serial, long from, long until) {
  X509* out = X509_new();
  X509_set_version(out, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out), serial);
  X509_gmtime_adj(X509_getm_notBefore(out), from);
  X509_gmtime_adj(X509_getm_notAfter(out), until);
  X509_set_pubkey(out, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return out;
}

void save(const std::string& file, X509* certificate) {
  FILE* out = std::fopen(file.c_str(), "w");
  PEM_write_X509(out, certificate);
  std::fclose(out);
}

}  // namespace

struct TestAuthority::Keys {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = nullptr;
  ~Keys() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
};

TestAuthority::TestAuthority() : keys_(std::make_unique<Keys>()) {
  std::string name = (std::filesystem::temp_directory_path() / "muster-certificates-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  folder_ = name;
  X509* own = fresh(keys_->key, "Test authority", 1, -86400, 86400);
  X509_set_issuer_name(own, X509_get_subject_name(own));
  extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(own, keys_->key, EVP_sha256());
  keys_->certificate = own;
  save(file(), own);
}

TestAuthority::~TestAuthority() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

TestAuthority::Pair TestAuthority::issue(const std::string& host, long from, long until) {
  const std::string base = folder_ + "/" + std::to_string(++last_);
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = fresh(key, host, 1 + last_, from, until);
  X509_set_issuer_name(certificate, X509_get_subject_name(keys_->certificate));
  extend(certificate, keys_->certificate, NID_subject_alt_name, "DNS:" + host);
  X509_sign(certificate, keys_->key, EVP_sha256());
  Pair out{base + ".pem", base + ".key"};
  save(out.certificate, certificate);
  FILE* file = std::fopen(out.key.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return out;
}

Trust::Trust(const TestAuthority& authority) { ::setenv("SSL_CERT_FILE", authority.file().c_str(), 1); }
Trust::~Trust() { ::unsetenv("SSL_CERT_FILE"); }

}  // namespace support
