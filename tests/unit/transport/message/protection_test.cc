// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/protection.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <numeric>
#include <vector>

#include "dataplane/base/random.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

PacketKey some_key() {
  PacketKey key;
  std::iota(key.key.begin(), key.key.end(), uint8_t{0x10});
  std::iota(key.iv.begin(), key.iv.end(), uint8_t{0x80});
  return key;
}

Bytes packet_of(size_t bytes, const Protection& by) {
  Bytes packet(bytes + by.trailer_bytes());
  std::iota(packet.begin(), packet.begin() + static_cast<long>(bytes), uint8_t{1});
  return packet;
}

// NIST's GCM test case 4 for AES-128 (McGrew and Viega), with number 0 so that the IV is the nonce.
TEST(Protection, SaysWhatNistSays) {
  const PacketKey key{{0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67,
                       0x30, 0x83, 0x08},
                      {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88}};
  Bytes packet = {0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce,
                  0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2, 0xd9, 0x31, 0x32, 0x25,
                  0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a,
                  0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d,
                  0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53,
                  0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5,
                  0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39};
  const Bytes tag = {0x5b, 0xc9, 0x4f, 0xbc, 0x32, 0x21, 0xa5, 0xdb,
                     0x94, 0xfa, 0xe9, 0x5a, 0xe7, 0x12, 0x1a, 0x47};
  const Bytes first_hidden = {0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24};
  packet.resize(packet.size() + kTagBytes);
  Protection(key).seal(packet, 20, PacketNumber(0));
  EXPECT_EQ(Bytes(packet.begin() + 20, packet.begin() + 28), first_hidden);
  EXPECT_EQ(Bytes(packet.end() - 16, packet.end()), tag);
}

TEST(Protection, WhatIsSealedOpensAndNothingElse) {
  for (const bool hides : {false, true}) {
    SCOPED_TRACE(hides ? "AES-128-GCM" : "CRC-32C");
    const Protection by = hides ? Protection(some_key()) : Protection();
    EXPECT_EQ(by.hides(), hides);
    for (const size_t bytes : {12, 13, 76, 140, 1'184}) {
      const Bytes plain = packet_of(bytes, by);
      Bytes sealed = plain;
      by.seal(sealed, 12, PacketNumber(5));
      if (hides && bytes > 16) {
        EXPECT_FALSE(std::equal(plain.begin() + 12, plain.begin() + 20, sealed.begin() + 12));
      }
      EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 12, sealed.begin()));
      Bytes opened = sealed;
      ASSERT_TRUE(by.open(opened, 12, PacketNumber(5)));
      EXPECT_TRUE(
          std::equal(plain.begin(), plain.begin() + static_cast<long>(bytes), opened.begin()));
      for (size_t bit = 0; bit<sealed.size() * 8; bit += bytes> 200 ? 37 : 1) {
        Bytes spoilt = sealed;
        spoilt[bit / 8] = static_cast<uint8_t>(spoilt[bit / 8] ^ 1 << bit % 8);
        ASSERT_FALSE(by.open(spoilt, 12, PacketNumber(5))) << "bit " << bit << " of " << bytes;
      }
      for (size_t size = 0; size<sealed.size(); size += bytes> 200 ? 11 : 1) {
        Bytes cut(sealed.begin(), sealed.begin() + static_cast<long>(size));
        ASSERT_FALSE(by.open(cut, 12, PacketNumber(5))) << size;
      }
    }
  }
}

TEST(Protection, AKeyOpensItsOwnNumbersOnly) {
  const Protection by(some_key());
  PacketKey other = some_key();
  other.iv[11] ^= 1;
  Bytes sealed = packet_of(64, by);
  by.seal(sealed, 12, PacketNumber(5));
  for (const uint32_t number : {4u, 6u, 5u + (1u << 31), 0u}) {
    Bytes copy = sealed;
    EXPECT_FALSE(by.open(copy, 12, PacketNumber(number))) << number;
  }
  Bytes copy = sealed;
  EXPECT_FALSE(Protection(other).open(copy, 12, PacketNumber(5)));
  copy = sealed;
  EXPECT_FALSE(Protection().open(copy, 12, PacketNumber(5)));
}

// Against another implementation: numbers up to the highest, any clear part.
TEST(Protection, AgreesWithOpenSsl) {
  const PacketKey key = some_key();
  const Protection by(key);
  Random random(3);
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           EVP_CIPHER_CTX_free);
  for (int round = 0; round < 200; ++round) {
    const size_t clear = random.below(40), hidden = random.below(1'400);
    const PacketNumber number(round == 0 ? UINT32_MAX : static_cast<uint32_t>(random()));
    Bytes packet(clear + hidden + kTagBytes);
    for (uint8_t& byte : packet) byte = static_cast<uint8_t>(random());
    Bytes want = packet;
    by.seal(packet, clear, number);
    auto nonce = key.iv;
    for (unsigned i = 0; i < 4; ++i)
      nonce[8 + i] = static_cast<uint8_t>(nonce[8 + i] ^ number.value() >> (24 - 8 * i));
    int done = 0;
    ASSERT_EQ(
        EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.key.data(), nonce.data()),
        1);
    ASSERT_EQ(
        EVP_EncryptUpdate(context.get(), nullptr, &done, want.data(), static_cast<int>(clear)), 1);
    ASSERT_EQ(EVP_EncryptUpdate(context.get(), want.data() + clear, &done, want.data() + clear,
                                static_cast<int>(hidden)),
              1);
    ASSERT_EQ(EVP_EncryptFinal_ex(context.get(), want.data() + clear + hidden, &done), 1);
    ASSERT_EQ(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                  want.data() + clear + hidden),
              1);
    ASSERT_EQ(packet, want) << clear << " clear, " << hidden << " hidden";
  }
}

}  // namespace
}  // namespace spanway::transport
