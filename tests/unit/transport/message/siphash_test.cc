// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/siphash.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <numeric>
#include <vector>

#include "dataplane/base/random.h"

namespace spanway::transport {
namespace {

// The paper's appendix A.
TEST(SipHash, SaysWhatThePaperSays) {
  SipKey key;
  std::iota(key.begin(), key.end(), uint8_t{0});
  std::vector<uint8_t> bytes(15);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  EXPECT_EQ(siphash(key, bytes), 0xa129ca6149be45e5u);
}

uint64_t by_openssl(EVP_MAC_CTX* context, const SipKey& key, const std::vector<uint8_t>& bytes) {
  size_t size = 8;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                               OSSL_PARAM_construct_end()};
  uint64_t out = 0;
  EXPECT_EQ(EVP_MAC_init(context, key.data(), key.size(), params), 1);
  EXPECT_EQ(EVP_MAC_update(context, bytes.data(), bytes.size()), 1);
  EXPECT_EQ(EVP_MAC_final(context, reinterpret_cast<uint8_t*>(&out), &size, sizeof out), 1);
  return out;
}

TEST(SipHash, AgreesWithOpenSsl) {
  const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr),
                                                         EVP_MAC_free);
  if (!mac) GTEST_SKIP() << "this OpenSSL has no SipHash";
  const std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> context(EVP_MAC_CTX_new(mac.get()),
                                                                     EVP_MAC_CTX_free);
  Random random(11);
  for (size_t size = 0; size < 100; ++size) {
    SipKey key;
    for (uint8_t& byte : key) byte = static_cast<uint8_t>(random());
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    ASSERT_EQ(siphash(key, bytes), by_openssl(context.get(), key, bytes)) << size;
  }
}

}  // namespace
}  // namespace spanway::transport
