// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/auth.h"

#include <algorithm>
#include <array>
#include <set>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"
#include "dataplane/base/check.h"

namespace spanway::ospf {
namespace {

using Keys = std::vector<Key>;

struct DigestField {  // the header's authentication data (RFC 2328 appendix D.3)
  Be16 zero;
  uint8_t key, digest_bytes;
  Be32 sequence;
};
static_assert(sizeof(DigestField) == sizeof(Packet::auth_data) && alignof(DigestField) == 1);

constexpr size_t kMaxSecretBytes = 255;

bool any_holds(const Keys& keys, Period Key::*period, Nanos now) noexcept {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key& key) { return (key.*period).holds(now); });
}

// Of the keys whose period is over, the one that was so last.
const Key* last_over(const Keys& keys, Period Key::*period, Nanos now) noexcept {
  const Key* found = nullptr;
  for (const Key& key : keys)
    if ((key.*period).stop <= now && (!found || (found->*period).stop < (key.*period).stop))
      found = &key;
  return found;
}

const Key* find(const Keys& keys, uint8_t id) noexcept {
  const auto at = std::find_if(keys.begin(), keys.end(), [id](const Key& k) { return k.id == id; });
  return at == keys.end() ? nullptr : &*at;
}

Status check_key(const Key& key) {
  const size_t most =
      key.algorithm == Algorithm::kMd5 ? digest_bytes(Algorithm::kMd5) : kMaxSecretBytes;
  if (!key.secret.empty() && key.secret.size() <= most) return {};
  return Error{ErrorCode::kInvalid,
               "the secret of OSPF key " + std::to_string(key.id) + " has " +
                   std::to_string(key.secret.size()) + " bytes",
               "give it 1 to " + std::to_string(most) + " bytes"};
}

Parsed<Proof> verify_checksum(const Packet& packet, AuthType type) {
  if (packet_checksum(packet.bytes) != 0) return Refusal::kBadPacketChecksum;
  return Proof{.type = type};
}

}  // namespace

Result<Authenticator> Authenticator::simple(std::string_view password) {
  Password field{};
  if (password.empty() || password.size() > field.size())
    return Error{ErrorCode::kInvalid,
                 "a simple OSPF password of " + std::to_string(password.size()) + " bytes",
                 "give it 1 to 8 bytes, or use a key with a digest"};
  std::copy(password.begin(), password.end(), field.begin());
  Authenticator out;
  out.means_ = field;
  return out;
}

Result<Authenticator> Authenticator::cryptographic(std::vector<Key> keys) {
  if (keys.empty())
    return Error{ErrorCode::kInvalid, "OSPF authentication without a key", "add a key"};
  std::set<uint8_t> ids;
  for (const Key& key : keys) {
    if (Status status = check_key(key); !status) return status.error();
    if (!ids.insert(key.id).second)
      return Error{ErrorCode::kExists,
                   "two OSPF keys have the identifier " + std::to_string(key.id),
                   "give each key its own identifier"};
  }
  Authenticator out;
  out.means_ = std::move(keys);
  return out;
}

std::string Authenticator::password() const {
  const Password* held = std::get_if<Password>(&means_);
  if (!held) return {};
  const auto end = std::find(held->begin(), held->end(), uint8_t{0});
  return {held->begin(), end};
}

std::span<const Key> Authenticator::keys() const noexcept {
  const Keys* held = std::get_if<Keys>(&means_);
  return held ? std::span<const Key>(*held) : std::span<const Key>();
}

AuthType Authenticator::type() const noexcept {
  if (std::holds_alternative<Password>(means_)) return AuthType::kSimple;
  return std::holds_alternative<Keys>(means_) ? AuthType::kCryptographic : AuthType::kNone;
}

size_t Authenticator::max_digest_bytes() const noexcept {
  size_t most = 0;
  if (const Keys* keys = std::get_if<Keys>(&means_))
    for (const Key& key : *keys) most = std::max(most, digest_bytes(key.algorithm));
  return most;
}

const Key* Authenticator::signing_key(Nanos now) const noexcept {
  const Keys* keys = std::get_if<Keys>(&means_);
  if (!keys) return nullptr;
  const Key* found = nullptr;
  for (const Key& key : *keys) {
    if (!key.generate.holds(now)) continue;
    if (!found ||
        std::pair(found->generate.start, found->id) < std::pair(key.generate.start, key.id))
      found = &key;
  }
  return found ? found : last_over(*keys, &Key::generate, now);
}

bool Authenticator::out_of_keys(Nanos now) const noexcept {
  const Keys* keys = std::get_if<Keys>(&means_);
  return keys && !any_holds(*keys, &Key::generate, now);
}

// Appendix D.3: where the time of every key is over, the last one goes on.
bool Authenticator::accepts(const Key& key, Nanos now) const noexcept {
  if (key.accept.holds(now)) return true;
  const Keys& keys = std::get<Keys>(means_);
  return !any_holds(keys, &Key::accept, now) && last_over(keys, &Key::accept, now) == &key;
}

Status Authenticator::sign(std::vector<uint8_t>& packet, uint32_t sequence, Nanos now) const {
  SPANWAY_CHECK(packet.size() >= kHeaderBytes);
  overwrite(packet, offset::kAuthType, Be16(static_cast<uint16_t>(type())));
  if (type() != AuthType::kCryptographic) {
    finish_packet(packet);  // the checksum covers the type but not the password (appendix D.4.2)
    if (const Password* password = std::get_if<Password>(&means_))
      overwrite(packet, offset::kAuthData, *password);
    return {};
  }
  const Key* key = signing_key(now);
  if (!key)
    return Error{ErrorCode::kUnavailable, "no OSPF key has begun to be used for signing",
                 "give a key an earlier start"};
  overwrite(packet, offset::kChecksum, Be16(0));  // appendix D.4.3: neither made nor looked at
  const auto size = static_cast<uint8_t>(digest_bytes(key->algorithm));
  overwrite(packet, offset::kAuthData,
            DigestField{
                .zero = Be16(0), .key = key->id, .digest_bytes = size, .sequence = Be32(sequence)});
  const std::optional<std::vector<uint8_t>> digest = digest_of(key->algorithm, key->secret, packet);
  if (!digest)
    return Error{ErrorCode::kUnavailable,
                 "OpenSSL does not make the digest of OSPF key " + std::to_string(key->id),
                 "choose another algorithm"};
  packet.insert(packet.end(), digest->begin(), digest->end());
  return {};
}

Parsed<Proof> Authenticator::verify(const Packet& packet, Nanos now) const {
  if (packet.auth_type != static_cast<uint16_t>(type())) return Refusal::kAuthTypeMismatch;
  if (const Keys* keys = std::get_if<Keys>(&means_)) return verify_digest(packet, *keys, now);
  if (const Password* password = std::get_if<Password>(&means_))
    if (!equal_secrets(packet.auth_data, *password)) return Refusal::kWrongPassword;
  return verify_checksum(packet, type());
}

// Appendix D.5, and RFC 5709 section 3.4: the key says which algorithm, the packet does not.
Parsed<Proof> Authenticator::verify_digest(const Packet& packet, const Keys& keys,
                                           Nanos now) const {
  DigestField field;
  Bytes data = packet.auth_data;
  SPANWAY_CHECK(take(data, field));
  const Key* key = find(keys, field.key);
  if (!key) return Refusal::kUnknownKey;
  if (!accepts(*key, now)) return Refusal::kKeyNotInUse;
  const size_t size = digest_bytes(key->algorithm);
  if (field.digest_bytes != size) return Refusal::kBadDigestLength;
  if (packet.trailer.size() < size) return Refusal::kTruncatedDigest;
  const std::optional<std::vector<uint8_t>> digest =
      digest_of(key->algorithm, key->secret, packet.bytes);
  if (!digest || !equal_secrets(*digest, packet.trailer.first(size))) return Refusal::kWrongDigest;
  return Proof{.type = AuthType::kCryptographic, .key = key->id, .sequence = field.sequence.host()};
}

}  // namespace spanway::ospf
