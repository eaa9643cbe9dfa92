// SPDX-License-Identifier: BSD-3-Clause
// What the operator asks of OSPF: [ospf] and the tables below it. Values only, like schema.h.
//
// OSPF runs when there is an [[ospf.port]].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"

namespace spanway::config {

inline constexpr size_t kMaxOspfPorts = 1024;
inline constexpr size_t kMaxOspfKeys = 4096;
inline constexpr size_t kMaxOspfStubs = 4096;
inline constexpr size_t kMaxOspfPasswordBytes = 8;          // RFC 2328 appendix D.3
inline constexpr size_t kMaxOspfMd5Bytes = 16;              // appendix D.4.3
inline constexpr size_t kMaxOspfSecretBytes = 255;          // of HMAC-SHA keys
inline constexpr uint32_t kMaxOspfMetric = 0xff'ffff - 1u;  // above it lies LSInfinity

enum class OspfNetwork : uint8_t { kBroadcast, kPointToPoint };

// [[ospf.port]]: RFC 2328 appendix C.3.
struct OspfPort {
  std::string name;  // a port or VLAN
  uint32_t area = 0;
  uint16_t cost = 10;
  OspfNetwork network = OspfNetwork::kBroadcast;
  uint16_t hello_interval_s = 10;
  uint32_t dead_interval_s = 0;  // 0: four times hello_interval_s
  uint16_t retransmit_interval_s = 5;
  uint16_t transmit_delay_s = 1;
  uint8_t priority = 1;
  bool passive = false;
  bool mtu_ignore = false;
  [[nodiscard]] uint32_t dead_s() const noexcept {
    return dead_interval_s != 0 ? dead_interval_s : uint32_t{hello_interval_s} * 4;
  }
  bool operator==(const OspfPort&) const = default;
};

enum class OspfAlgorithm : uint8_t {
  kSimple,
  kMd5,
  kHmacSha1,
  kHmacSha256,
  kHmacSha384,
  kHmacSha512
};

constexpr std::string_view name_of(OspfAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case OspfAlgorithm::kSimple:
      return "simple";
    case OspfAlgorithm::kMd5:
      return "md5";
    case OspfAlgorithm::kHmacSha1:
      return "hmac-sha-1";
    case OspfAlgorithm::kHmacSha256:
      return "hmac-sha-256";
    case OspfAlgorithm::kHmacSha384:
      return "hmac-sha-384";
    case OspfAlgorithm::kHmacSha512:
      return "hmac-sha-512";
  }
  return "unknown";
}
std::optional<OspfAlgorithm> ospf_algorithm(std::string_view name) noexcept;

// [[ospf.key]]: known by its port and id. The times are seconds since 1970; absent: always.
struct OspfKey {
  std::string port;
  uint8_t id = 1;
  OspfAlgorithm algorithm = OspfAlgorithm::kHmacSha256;
  std::string secret;
  std::optional<int64_t> accept_from_s, accept_until_s, generate_from_s, generate_until_s;
  bool operator==(const OspfKey&) const = default;
};

// What a destination outside is announced with.
struct OspfMetric {
  uint32_t metric = 20;
  uint8_t type = 2;  // 1 or 2: RFC 2328 section 2.3
  uint32_t tag = 0;
  bool operator==(const OspfMetric&) const = default;
};

enum class OspfOrigin : uint8_t { kStatic, kConnected };

constexpr std::string_view name_of(OspfOrigin origin) noexcept {
  return origin == OspfOrigin::kStatic ? "static" : "connected";
}

// [[ospf.redistribute]]: known by its origin.
struct OspfRedistribute {
  OspfOrigin origin = OspfOrigin::kStatic;
  OspfMetric as{};
  bool operator==(const OspfRedistribute&) const = default;
};

// [[ospf.stub]]: hosts and networks behind this router, of no port.
struct OspfStub {
  Prefix4 prefix;
  uint16_t cost = 0;
  bool operator==(const OspfStub&) const = default;
};

enum class OspfDefault : uint8_t {
  kNever,
  kAlways,
  kIfPresent,  // while there is a default route that OSPF did not bring
};

// [ospf]
struct Ospf {
  std::optional<Ip4Addr> router_id;  // absent: the highest IPv4 address
  uint16_t max_paths = 16;
  uint8_t preference = 110;
  // RFC 8405: what a change waits for its calculation, when quiet, when busy, when unquiet.
  uint32_t spf_initial_ms = 0, spf_short_ms = 50, spf_long_ms = 200;
  OspfDefault default_originate = OspfDefault::kNever;
  OspfMetric default_as{.metric = 10};
  std::vector<OspfPort> ports;
  std::vector<OspfKey> keys;
  std::vector<OspfRedistribute> redistribute;
  std::vector<OspfStub> stubs;
  bool operator==(const Ospf&) const = default;
};

// "0.0.0.1": how areas and router IDs are written.
std::string dotted(uint32_t value);

// "2026-12-01T00:00:00Z", of seconds since 1970 in the years that TOML can write.
std::string time_text(int64_t unix_s);

// The way back from that form alone, in the years 1970 to 9999.
std::optional<int64_t> read_time(std::string_view text);

}  // namespace spanway::config
