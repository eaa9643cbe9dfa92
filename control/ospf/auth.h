// SPDX-License-Identifier: BSD-3-Clause
// Authentication of packets (RFC 2328 appendix D, RFC 5709): none, a simple password, or digests by
// keys that take over from each other without a pause. One per interface; control thread.
//
// A right digest does not say that a packet is new. Cryptographic sequence numbers are kept for
// each neighbour, so it is the caller who refuses a Proof whose sequence is below the last one
// (appendix D.5), and who gives sign() numbers that never get smaller.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "control/ospf/digest.h"
#include "control/ospf/packet.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::ospf {

// From `start` on, until before `stop`. Any clock, the same one for sign() and verify().
struct Period {
  Nanos start{INT64_MIN}, stop = Nanos::never();
  [[nodiscard]] constexpr bool holds(Nanos now) const noexcept {
    return start <= now && now < stop;
  }
};

// RFC 2328 appendix D.3: four times, so that all accept a key before the first one signs with it.
struct Key {
  uint8_t id = 0;
  Algorithm algorithm = Algorithm::kHmacSha256;
  std::string secret;
  Period accept{}, generate{};
};

// What verify() found out about a good packet.
struct Proof {
  AuthType type = AuthType::kNone;
  std::optional<uint8_t> key;        // kCryptographic
  std::optional<uint32_t> sequence;  // kCryptographic: not yet checked, see above
};

class Authenticator {
 public:
  // Type none: a checksum guards against accidents, nothing against malice.
  Authenticator() = default;
  // 1 to 8 bytes.
  static Result<Authenticator> simple(std::string_view password);
  // At least one key, identifiers all different, secrets of 1 to 255 bytes (MD5: 16). Beside BIRD
  // 2.0.12 a secret should be no longer than the digest: it leaves out the hash of RFC 5709 section
  // 3.3 step 1 up to the length of the hash's block.
  static Result<Authenticator> cryptographic(std::vector<Key> keys);

  [[nodiscard]] AuthType type() const noexcept;
  // As they were given; empty where the type has none.
  [[nodiscard]] std::string password() const;
  [[nodiscard]] std::span<const Key> keys() const noexcept;
  // What sign() will append: for room_in(). The longest of all keys, since they change over time.
  [[nodiscard]] size_t max_digest_bytes() const noexcept;

  // packet: from a write_... function, written to by nobody since, and not signed before. Fills in
  // the header's authentication and appends the digest, whose bytes the length field leaves out.
  // Fails only where OpenSSL does.
  Status sign(std::vector<uint8_t>& packet, uint32_t sequence, Nanos now) const;

  // Whether the packet is as this interface wants it; before any of its body is looked at.
  [[nodiscard]] Parsed<Proof> verify(const Packet& packet, Nanos now) const;

  // The key that sign() takes: of those in use the one that came last, then the largest identifier.
  // Where all are over, the one that was over last goes on: appendix D.3 wants no router to fall
  // silent, nor to go on without authentication, since nobody gave it a new key. nullptr where the
  // type has no keys or none has begun.
  [[nodiscard]] const Key* signing_key(Nanos now) const noexcept;
  // True when every key is over for signing, which an operator should be told.
  [[nodiscard]] bool out_of_keys(Nanos now) const noexcept;

 private:
  using Password = std::array<uint8_t, 8>;
  using Keys = std::vector<Key>;

  [[nodiscard]] bool accepts(const Key& key, Nanos now) const noexcept;
  [[nodiscard]] Parsed<Proof> verify_digest(const Packet& packet, const Keys& keys,
                                            Nanos now) const;

  std::variant<std::monostate, Password, Keys> means_;
};

}  // namespace spanway::ospf
