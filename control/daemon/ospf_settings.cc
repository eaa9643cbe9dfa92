// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_settings.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace spanway::daemon {
namespace {

// What lies further ahead than this is never reached by a clock of 64 bits in nanoseconds.
constexpr int64_t kFarthest_s = 9'000'000'000;
constexpr int64_t kSince_s = 1'704'067'200;  // the year 2024: numbers of 32 bits last long

ospf::Algorithm algorithm_of(config::OspfAlgorithm algorithm) {
  switch (algorithm) {
    case config::OspfAlgorithm::kMd5:
      return ospf::Algorithm::kMd5;
    case config::OspfAlgorithm::kHmacSha1:
      return ospf::Algorithm::kHmacSha1;
    case config::OspfAlgorithm::kHmacSha384:
      return ospf::Algorithm::kHmacSha384;
    case config::OspfAlgorithm::kHmacSha512:
      return ospf::Algorithm::kHmacSha512;
    case config::OspfAlgorithm::kSimple:  // has no digest; see authenticator_of()
    case config::OspfAlgorithm::kHmacSha256:
      break;
  }
  return ospf::Algorithm::kHmacSha256;
}

Nanos engine_time(int64_t unix_s, int64_t unix_offset_ns) {
  if (unix_s > kFarthest_s) return Nanos::never();
  return Nanos(unix_s * 1'000'000'000 - unix_offset_ns);
}

// keys: at least one, of one port.
Result<ospf::Authenticator> authenticator_of(const std::vector<config::OspfKey>& keys,
                                             int64_t unix_offset_ns) {
  if (keys.front().algorithm == config::OspfAlgorithm::kSimple)
    return ospf::Authenticator::simple(keys.front().secret);
  const auto time = [unix_offset_ns](const std::optional<int64_t>& unix_s, Nanos otherwise) {
    return unix_s ? engine_time(*unix_s, unix_offset_ns) : otherwise;
  };
  std::vector<ospf::Key> all;
  for (const config::OspfKey& key : keys) {
    const ospf::Period always;
    all.push_back(
        {key.id,
         algorithm_of(key.algorithm),
         key.secret,
         {time(key.accept_from_s, always.start), time(key.accept_until_s, always.stop)},
         {time(key.generate_from_s, always.start), time(key.generate_until_s, always.stop)}});
  }
  return ospf::Authenticator::cryptographic(std::move(all));
}

}  // namespace

Result<OspfWanted> ospf_wanted(const config::Ospf& config, const OspfFacts& facts) {
  OspfWanted out;
  if (config.ports.empty()) return out;
  out.router.router = ospf::RouterId(facts.router.value());
  out.router.area = ospf::AreaId(config.ports.front().area);
  out.router.max_paths = config.max_paths;
  out.router.backoff.initial = millis(config.spf_initial_ms);
  out.router.backoff.short_wait = millis(config.spf_short_ms);
  out.router.backoff.long_wait = millis(config.spf_long_ms);
  out.router.seed = facts.seed;
  // More than this router has used when it starts again.
  const int64_t today_s = (facts.now.ns() + facts.unix_offset_ns) / 1'000'000'000;
  out.router.first_cryptographic_sequence = static_cast<uint32_t>(
      std::max<int64_t>(1, (today_s - kSince_s) * ospf::kCryptographicNumbersASecond));
  for (const config::OspfPort& port : config.ports) {
    const auto keys = ospf_keys_of(config, port.name);
    if (keys.empty()) continue;
    auto made = authenticator_of(keys, facts.unix_offset_ns);
    if (!made)
      return Error{made.error().code, "OSPF on " + port.name + ": " + made.error().message,
                   made.error().fix};
    out.authenticators.emplace(port.name, std::move(made).value());
  }
  return out;
}

ospf::InterfaceSettings ospf_interface(const config::OspfPort& port, const OspfWanted& wanted) {
  ospf::InterfaceSettings out;
  out.type = port.network == config::OspfNetwork::kPointToPoint ? ospf::NetworkType::kPointToPoint
                                                                : ospf::NetworkType::kBroadcast;
  out.cost = port.cost;
  out.hello_interval_s = port.hello_interval_s;
  out.dead_interval_s = port.dead_s();
  out.retransmit_interval_s = port.retransmit_interval_s;
  out.transmit_delay_s = port.transmit_delay_s;
  out.priority = port.priority;
  out.passive = port.passive;
  out.mtu_ignore = port.mtu_ignore;
  const auto at = wanted.authenticators.find(port.name);
  if (at != wanted.authenticators.end()) out.authenticator = at->second;
  return out;
}

std::vector<config::OspfKey> ospf_keys_of(const config::Ospf& config, const std::string& port) {
  std::vector<config::OspfKey> out;
  for (const config::OspfKey& key : config.keys)
    if (key.port == port) out.push_back(key);
  return out;
}

bool ospf_same_router(const ospf::RouterSettings& a, const ospf::RouterSettings& b) {
  return a.router == b.router && a.area == b.area && a.backoff == b.backoff &&
         a.max_paths == b.max_paths;
}

}  // namespace spanway::daemon
