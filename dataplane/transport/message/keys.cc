// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

namespace spanway::transport {
namespace {

struct Free {
  void operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
};

OSSL_PARAM octets(const char* name, std::span<const uint8_t> bytes) {
  // OpenSSL takes what it only reads without const.
  return OSSL_PARAM_construct_octet_string(name, const_cast<uint8_t*>(bytes.data()), bytes.size());
}

template <size_t kBytes>
Result<std::array<uint8_t, kBytes>> expand(std::span<const uint8_t> key,
                                           std::span<const uint8_t> salt, std::string_view label) {
  const std::string info = "spanway 1 " + std::string(label);
  auto made = hkdf(key, salt, {reinterpret_cast<const uint8_t*>(info.data()), info.size()}, kBytes);
  if (!made) return std::move(made).error();
  std::array<uint8_t, kBytes> out;
  std::copy_n(made->begin(), kBytes, out.begin());
  return out;
}

Result<PacketKey> key_from(std::span<const uint8_t> secret, std::span<const uint8_t> salt,
                           std::string_view label) {
  auto key = expand<16>(secret, salt, std::string(label) + " key");
  if (!key) return std::move(key).error();
  auto iv = expand<12>(secret, salt, std::string(label) + " iv");
  if (!iv) return std::move(iv).error();
  return PacketKey{*key, *iv};
}

// All that both ends have said in clear.
std::vector<uint8_t> salt_of(const OpenClear& clear) {
  std::vector<uint8_t> salt(clear.hello.random.begin(), clear.hello.random.end());
  const Be32 client(clear.hello.client.value), baked(clear.cookie.baked);
  const Be64 proof(clear.cookie.proof);
  const auto put = [&salt](const auto& wire) {
    const auto* from = reinterpret_cast<const uint8_t*>(&wire);
    salt.insert(salt.end(), from, from + sizeof wire);
  };
  put(client);
  put(baked);
  put(proof);
  return salt;
}

}  // namespace

Result<std::vector<uint8_t>> hkdf(std::span<const uint8_t> key, std::span<const uint8_t> salt,
                                  std::span<const uint8_t> info, size_t bytes) {
  const std::unique_ptr<EVP_KDF, Free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, Free> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  std::string digest = "SHA256";
  std::vector<OSSL_PARAM> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, key)};
  // OpenSSL wants what is empty to be left out, and means the same by it.
  if (!salt.empty()) params.push_back(octets(OSSL_KDF_PARAM_SALT, salt));
  if (!info.empty()) params.push_back(octets(OSSL_KDF_PARAM_INFO, info));
  params.push_back(OSSL_PARAM_construct_end());
  std::vector<uint8_t> out(bytes);
  if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), params.data()) <= 0)
    return Error{ErrorCode::kInternal, "OpenSSL does not derive keys", "check its configuration"};
  return out;
}

Result<PacketKey> open_key(std::span<const uint8_t> shared, const OpenClear& clear) {
  return key_from(shared, salt_of(clear), "open");
}

Result<ConnectionSecrets> connection_secrets(std::span<const uint8_t> shared,
                                             const OpenClear& clear, const AcceptClear& accept) {
  std::vector<uint8_t> salt = salt_of(clear);
  const Be32 server(accept.server.value);
  const auto* from = reinterpret_cast<const uint8_t*>(&server);
  salt.insert(salt.end(), from, from + sizeof server);
  salt.insert(salt.end(), accept.random.begin(), accept.random.end());
  auto client = expand<32>(shared, salt, "client");
  if (!client) return std::move(client).error();
  auto own = expand<32>(shared, salt, "server");
  if (!own) return std::move(own).error();
  return ConnectionSecrets{*client, *own};
}

Result<PacketKey> accept_key(const ConnectionSecrets& secrets) {
  return key_from(secrets.server, {}, "accept");
}

Result<PacketKey> packet_key(const Secret& secret) { return key_from(secret, {}, "packet"); }

Result<Secret> next_secret(const Secret& secret) { return expand<32>(secret, {}, "next phase"); }

}  // namespace spanway::transport
