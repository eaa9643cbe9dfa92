// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/offloads.h"

#include <rte_ethdev.h>

namespace spanway::drivers {
namespace {

constexpr uint64_t kRxL4 = RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
constexpr uint64_t kTxL4 = RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;

OffloadMode ask(uint64_t wanted, uint64_t capabilities, uint64_t& flags) noexcept {
  if ((capabilities & wanted) != wanted) return OffloadMode::kSoftware;
  flags |= wanted;
  return OffloadMode::kHardware;
}

// net_tap computes sums in software of its own, at a price above ours.
bool offload_is_fake(std::string_view driver) noexcept { return driver == "net_tap"; }

// With virtio, a receiver that offers to check transport sums is handed frames whose sums were
// never made, and a router would have to make them before it sends such a frame on. Not offering
// has the other end make them.
bool offer_brings_unfinished_sums(std::string_view driver) noexcept {
  return driver == "net_vhost" || driver == "net_virtio_user" || driver == "net_virtio";
}

}  // namespace

bool link_is_memory(std::string_view driver) noexcept {
  return driver == "net_memif" || driver == "net_ring" || driver == "net_vhost" ||
         driver == "net_virtio_user";
}

bool kernel_spreads_flows(std::string_view driver) noexcept {
  return driver == "net_tap" || driver == "net_af_packet" || driver == "net_af_xdp";
}

OffloadPlan resolve_offloads(std::string_view driver, uint64_t rx_capabilities,
                             uint64_t tx_capabilities, const PortOptions& options) noexcept {
  OffloadPlan plan;
  if (options.checksum_offload && !offload_is_fake(driver)) {
    plan.modes.rx_ip = ask(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, rx_capabilities, plan.rx_flags);
    if (!offer_brings_unfinished_sums(driver))
      plan.modes.rx_l4 = ask(kRxL4, rx_capabilities, plan.rx_flags);
    plan.modes.tx_ip = ask(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, tx_capabilities, plan.tx_flags);
    plan.modes.tx_l4 = ask(kTxL4, tx_capabilities, plan.tx_flags);
  }
  if (options.trust_checksums && link_is_memory(driver)) {
    plan.modes.rx_ip = OffloadMode::kTrusted;
    plan.modes.rx_l4 = OffloadMode::kTrusted;
  }
  return plan;
}

}  // namespace spanway::drivers
