// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/protection.h"

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/base/big_endian.h"
#include "dataplane/base/check.h"
#include "dataplane/transport/message/crc32c.h"
#include "dataplane/transport/message/hkdf_block.h"

namespace spanway::transport {
namespace {

// The library's functions for this CPU. They keep no state of ours, so one serves all threads.
class Library {
 public:
  Library() : manager_(alloc_mb_mgr(0)) {
    SPANWAY_CHECK(manager_ != nullptr);
    init_mb_mgr_auto(manager_, nullptr);
  }
  ~Library() { free_mb_mgr(manager_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  [[nodiscard]] IMB_MGR* get() const noexcept { return manager_; }

 private:
  IMB_MGR* manager_;
};

IMB_MGR* library() {
  static const Library library;
  return library.get();
}

Be32 crc_of(std::span<const uint8_t> bytes) noexcept { return Be32(crc32c(bytes)); }

}  // namespace

struct Protection::Key {
  gcm_key_data expanded;
  IMB_MGR* manager;
  std::array<uint8_t, 12> iv;

  void take(const PacketKey& key) noexcept {
    iv = key.iv;
    IMB_AES128_GCM_PRE(manager, key.key.data(), &expanded);
  }
  // RFC 5116 section 3.2: the fixed part, with the number in its last four bytes.
  [[nodiscard]] std::array<uint8_t, 12> nonce(PacketNumber number) const noexcept {
    std::array<uint8_t, 12> nonce = iv;
    for (unsigned i = 0; i < 4; ++i)
      nonce[8 + i] = static_cast<uint8_t>(nonce[8 + i] ^ number.value() >> (24 - 8 * i));
    return nonce;
  }
};

Protection::Protection() noexcept = default;
Protection::~Protection() {
  if (key_) OPENSSL_cleanse(key_.get(), sizeof *key_);
}
Protection::Protection(Protection&& other) noexcept = default;
Protection& Protection::operator=(Protection&& other) noexcept {
  std::swap(key_, other.key_);
  return *this;
}

Protection::Protection(const PacketKey& key) : key_(std::make_unique<Key>()) {
  key_->manager = library();
  key_->take(key);
}

void Protection::turn(Secret& secret) noexcept {
  const auto derived = [this, &secret](std::string_view label) noexcept {
    return hkdf_block(key_->manager, secret, label);
  };
  secret = derived(label::kNextPhase);
  const auto key = derived(label::kPacketKey), iv = derived(label::kPacketIv);
  PacketKey next;
  std::copy_n(key.begin(), next.key.size(), next.key.begin());
  std::copy_n(iv.begin(), next.iv.size(), next.iv.begin());
  key_->take(next);
}

void Protection::seal(std::span<uint8_t> packet, size_t clear, PacketNumber number) const noexcept {
  const std::span<uint8_t> said = packet.first(packet.size() - trailer_bytes());
  uint8_t* trailer = said.data() + said.size();
  if (key_ == nullptr) {
    const Be32 crc = crc_of(said);
    std::memcpy(trailer, &crc, sizeof crc);
    return;
  }
  const auto nonce = key_->nonce(number);
  gcm_context_data context;
  uint8_t* hidden = said.data() + clear;
  IMB_AES128_GCM_ENC(key_->manager, &key_->expanded, &context, hidden, hidden, said.size() - clear,
                     nonce.data(), said.data(), clear, trailer, kTagBytes);
}

bool Protection::open(std::span<uint8_t> packet, size_t clear, PacketNumber number) const noexcept {
  if (packet.size() < clear + trailer_bytes()) return false;
  const std::span<uint8_t> said = packet.first(packet.size() - trailer_bytes());
  const uint8_t* trailer = said.data() + said.size();
  if (key_ == nullptr) {
    const Be32 crc = crc_of(said);
    return std::memcmp(trailer, &crc, sizeof crc) == 0;
  }
  const auto nonce = key_->nonce(number);
  gcm_context_data context;
  std::array<uint8_t, kTagBytes> tag;
  uint8_t* hidden = said.data() + clear;
  IMB_AES128_GCM_DEC(key_->manager, &key_->expanded, &context, hidden, hidden, said.size() - clear,
                     nonce.data(), said.data(), clear, tag.data(), kTagBytes);
  return CRYPTO_memcmp(tag.data(), trailer, kTagBytes) == 0;
}

}  // namespace spanway::transport
