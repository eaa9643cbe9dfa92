// SPDX-License-Identifier: BSD-3-Clause
// What an operator asks of OSPF (RFC 2328 appendix C), and what the host knows of a link. Values
// only; control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "control/ospf/auth.h"
#include "control/ospf/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/units.h"

namespace spanway::ospf {

// RFC 8405 section 5: how long a change waits for its calculation. The first one of a quiet time
// waits `initial`. The RFC's example has 5 s for long_wait and 10 s for hold_down, which it chose
// for calculations that take long; ours takes a millisecond or two, and an adjacency that comes up
// is itself a burst of more than half a second.
struct Backoff {
  Nanos initial{}, short_wait = millis(50), long_wait = millis(200);
  // How long one event may take to be told in full: a second for who does his work once in one, as
  // BIRD does, and some.
  Nanos time_to_learn = millis(1'500);
  Nanos hold_down = seconds(2);  // without a change: quiet again
  bool operator==(const Backoff&) const = default;
};

inline constexpr uint32_t kCryptographicNumbersASecond = 8;

// Appendix C.1 and C.2.
struct RouterSettings {
  RouterId router;  // not 0
  AreaId area;      // the one area of this version
  Backoff backoff{};
  uint16_t max_paths = 16;  // equal paths kept for a destination, 1..64
  // Section 12.4 leaves it open: LSAs of others kept at most. More are not installed, and said so.
  size_t max_lsas = 1'000'000;
  uint64_t seed = 1;  // of every jitter, and of the first numbers of exchanges
  // Of cryptographic authentication: larger than any that this router used before it was started
  // anew, or neighbours take its packets for old ones until it is dead to them. The number of the
  // moment, kCryptographicNumbersASecond of them since a fixed day, does it.
  uint32_t first_cryptographic_sequence = 1;
};

enum class NetworkType : uint8_t { kBroadcast, kPointToPoint };

// Appendix C.3.
struct InterfaceSettings {
  NetworkType type = NetworkType::kBroadcast;
  uint16_t cost = 10;  // 1..65535
  uint16_t hello_interval_s = 10;
  uint32_t dead_interval_s = 40;
  uint16_t retransmit_interval_s = 5;
  uint16_t transmit_delay_s = 1;  // what is added to the age of an LSA on its way
  uint8_t priority = 1;           // 0: never a designated router
  bool passive = false;           // its networks are announced; it neither speaks nor listens
  bool mtu_ignore = false;        // take descriptions of any MTU (section 10.6 refuses larger ones)
  Authenticator authenticator{};
};

// An interface as it stands.
struct Link {
  bool up = false;
  uint16_t mtu_bytes = 1500;  // of an IP packet
  // The first is ours in OSPF's own packets; each is announced with its subnet. Empty: the
  // interface takes no part.
  struct Address {
    Ip4Addr addr;
    unsigned length = 32;
    bool operator==(const Address&) const = default;
  };
  std::vector<Address> addresses{};
  bool operator==(const Link&) const = default;
};

// A destination outside that this router announces (section 12.4.4).
struct External {
  bool type2 = true;
  uint32_t metric = 20;  // 24 bits, below kLsInfinity
  uint32_t tag = 0;
  Ip4Addr forwarding{};  // 0.0.0.0: this router
  bool operator==(const External&) const = default;
};

}  // namespace spanway::ospf
