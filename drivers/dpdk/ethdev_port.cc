// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/ethdev_port.h"

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "dataplane/base/local_mac.h"
#include "dataplane/base/tuning.h"
#include "drivers/dpdk/eal.h"
#include "drivers/dpdk/offloads.h"

namespace spanway::drivers {
namespace {

constexpr uint64_t kSpread = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;
// Ethernet header and two VLAN tags; virtual devices add no frame check sequence.
constexpr uint32_t kFrameOverhead = 22;

bool not_supported(int code) noexcept { return code == -ENOTSUP || code == -EOPNOTSUPP; }

// Drivers whose frames always fit one buffer, or that drop the others themselves.
bool never_chains(std::string_view driver) noexcept {
  return driver == "net_null" || driver == "net_af_packet" || driver == "net_ring" ||
         driver == "net_af_xdp";
}

rte_ether_addr to_dpdk(const EtherAddr& mac) noexcept {
  rte_ether_addr out;
  std::memcpy(out.addr_bytes, mac.bytes.data(), 6);
  return out;
}

}  // namespace

EthdevPort::EthdevPort(uint16_t id, const Identity& identity, const BufferSource& buffers)
    : id_(id), identity_(identity), buffers_(buffers) {
  info_.name = identity.name;
  info_.device = identity.device;
}

Error EthdevPort::failed(const std::string& what, int code) const {
  Error error{ErrorCode::kUnavailable,
              info_.device + ": " + what + ": " + strerror(std::abs(code))};
  if (std::abs(code) == EPERM || std::abs(code) == EACCES) error.code = ErrorCode::kPermission;
  if (const std::string complaint = take_eal_complaint(); !complaint.empty())
    error.message += " (" + complaint + ")";
  error.fix = "spanway doctor " + info_.device;
  return error;
}

Result<std::unique_ptr<Port>> EthdevPort::make(uint16_t id, const Identity& identity,
                                               const PortOptions& options,
                                               const BufferSource& buffers) {
  std::unique_ptr<EthdevPort> port(new EthdevPort(id, identity, buffers));
  if (!identity.interface.empty()) {
    if (auto link = LinuxLink::watch(identity.interface))
      port->linux_link_.emplace(std::move(*link));
  }
  if (Status ok = port->configure(options); !ok) return ok.error();
  if (Status ok = port->set_up_queues(options.queue_depth); !ok) return ok.error();
  if (Status ok = port->make_mac(); !ok) return ok.error();
  if (options.promiscuous) {
    if (Status ok = port->set_promiscuous(true); !ok) return ok.error();
  }
  return std::unique_ptr<Port>(std::move(port));
}

EthdevPort::~EthdevPort() {
  stop();
  rte_eth_dev_info device{};
  const bool known = rte_eth_dev_info_get(id_, &device) == 0;
  rte_eth_dev_close(id_);
  if (known && device.device != nullptr) rte_dev_remove(device.device);
  take_eal_log();
}

Status EthdevPort::configure(const PortOptions& options) {
  rte_eth_dev_info device{};
  if (const int code = rte_eth_dev_info_get(id_, &device); code != 0)
    return failed("can not be asked about", code);
  info_.driver = device.driver_name;
  info_.rx_queues = std::clamp<uint16_t>(options.rx_queues, 1, device.max_rx_queues);
  info_.tx_queues = std::clamp<uint16_t>(options.tx_queues, 1, device.max_tx_queues);
  if (info_.driver == "net_tap" || info_.driver == "net_af_packet") {
    // One file or socket serves a queue of each direction.
    info_.rx_queues = info_.tx_queues = std::max(info_.rx_queues, info_.tx_queues);
  }

  const uint32_t room = rte_pktmbuf_data_room_size(buffers_.pool()) - RTE_PKTMBUF_HEADROOM;
  const uint32_t device_mtu = device.max_mtu == 0 ? UINT16_MAX : device.max_mtu;
  info_.min_mtu = std::max<uint16_t>(68, device.min_mtu);
  info_.max_mtu = static_cast<uint16_t>(std::min({room - kFrameOverhead, device_mtu, 65535u}));
  if (options.mtu < info_.min_mtu || options.mtu > info_.max_mtu) {
    return Error{ErrorCode::kInvalid,
                 info_.device + ": an MTU of " + std::to_string(options.mtu) + " is not possible",
                 "from " + std::to_string(info_.min_mtu) + " to " + std::to_string(info_.max_mtu) +
                     (room - kFrameOverhead < device_mtu ? "; larger needs larger buffers" : "")};
  }
  mtu_ = options.mtu;

  const OffloadPlan plan =
      resolve_offloads(info_.driver, device.rx_offload_capa, device.tx_offload_capa, options);
  info_.offloads = plan.modes;
  prepare_ = plan.tx_flags != 0;
  may_chain_ = !never_chains(info_.driver);

  rte_eth_conf conf{};
  conf.rxmode.offloads = plan.rx_flags;
  conf.txmode.offloads = plan.tx_flags;
  conf.rxmode.mtu = mtu_;
  const uint64_t spread = device.flow_type_rss_offloads & kSpread;
  if (info_.rx_queues > 1 && spread != 0) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = spread;
  }
  info_.offloads.rss = info_.rx_queues > 1 && (spread != 0 || kernel_spreads_flows(info_.driver));
  if (const int code = rte_eth_dev_configure(id_, info_.rx_queues, info_.tx_queues, &conf);
      code != 0)
    return failed("can not be configured", code);
  return {};
}

Status EthdevPort::set_up_queues(uint16_t depth) {
  uint16_t rx_depth = depth == 0 ? tuning::kQueueDepth : depth, tx_depth = rx_depth;
  rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx_depth, &tx_depth);
  for (uint16_t q = 0; q < info_.rx_queues; ++q) {
    if (const int code =
            rte_eth_rx_queue_setup(id_, q, rx_depth, SOCKET_ID_ANY, nullptr, buffers_.pool());
        code != 0)
      return failed("receive queue " + std::to_string(q) + " can not be set up", code);
  }
  for (uint16_t q = 0; q < info_.tx_queues; ++q) {
    if (const int code = rte_eth_tx_queue_setup(id_, q, tx_depth, SOCKET_ID_ANY, nullptr);
        code != 0)
      return failed("transmit queue " + std::to_string(q) + " can not be set up", code);
  }
  return {};
}

// Some virtual devices come up without an address, or all with the same one.
Status EthdevPort::make_mac() {
  rte_ether_addr mac{};
  if (const int code = rte_eth_macaddr_get(id_, &mac); code != 0)
    return failed("has no MAC address", code);
  std::memcpy(info_.mac.bytes.data(), mac.addr_bytes, 6);
  if (!info_.mac.is_zero() && info_.driver != "net_null" && info_.driver != "net_pcap" &&
      info_.driver != "net_ring")
    return {};
  info_.mac = local_mac(info_.device);
  mac = to_dpdk(info_.mac);
  // Where the device does not keep an address it does not filter by one either.
  rte_eth_dev_default_mac_addr_set(id_, &mac);
  return {};
}

uint16_t EthdevPort::rx_burst(QueueId queue, Packet** out, uint16_t room, Nanos) noexcept {
  const uint16_t count = rte_eth_rx_burst(id_, queue.value, out, room);
  return may_chain_ ? linearise(out, count) : count;
}

// Frames are contiguous for all who follow; one that is not and can not be made so is dropped.
uint16_t EthdevPort::linearise(Packet** packets, uint16_t count) noexcept {
  uint16_t kept = 0;
  for (uint16_t i = 0; i < count; ++i) {
    if (packets[i]->nb_segs != 1 && rte_pktmbuf_linearize(packets[i]) != 0) {
      release(packets[i]);
      chained_dropped_.add(1);
    } else {
      packets[kept++] = packets[i];
    }
  }
  return kept;
}

uint16_t EthdevPort::tx_burst(QueueId queue, Packet** packets, uint16_t count, Nanos) noexcept {
  if (!prepare_) return rte_eth_tx_burst(id_, queue.value, packets, count);
  const uint16_t ready = rte_eth_tx_prepare(id_, queue.value, packets, count);
  if (ready == 0 && count != 0) {  // the card can not do what the first one asks
    release(packets[0]);
    unsendable_.add(1);
    return 1;
  }
  return rte_eth_tx_burst(id_, queue.value, packets, ready);
}

LinkState EthdevPort::link() const {
  LinkState state;
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(id_, &link) == 0) {
    state.up = link.link_status == RTE_ETH_LINK_UP;
    if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
      state.speed_bps = uint64_t{link.link_speed} * 1'000'000;
    state.full_duplex = link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX;
  }
  if (linux_link_) {
    state.speed_bps = 0;  // what these drivers say of it is invented
    if (const auto truth = linux_link_->state()) state.up = truth->carrier;
  }
  state.up = state.up && started_;
  return state;
}

PortStats EthdevPort::stats() const {
  PortStats s;
  rte_eth_stats raw{};
  if (rte_eth_stats_get(id_, &raw) != 0) return s;
  s.rx_packets = raw.ipackets;
  s.rx_bytes = raw.ibytes;
  s.rx_errors = raw.ierrors + chained_dropped_.get();
  s.rx_missed = raw.imissed;
  s.rx_no_buffer = raw.rx_nombuf;
  s.tx_packets = raw.opackets;
  s.tx_bytes = raw.obytes;
  s.tx_errors = raw.oerrors + unsendable_.get();
  return s;
}

Status EthdevPort::start() {
  if (started_) return {};
  if (const int code = rte_eth_dev_start(id_); code != 0) return failed("does not start", code);
  started_ = true;
  if (Status ok = set_mtu(mtu_); !ok) return ok;
  return {};
}

void EthdevPort::stop() {
  if (!started_) return;
  if (info_.driver == "net_ring") drain();
  rte_eth_dev_stop(id_);
  started_ = false;
}

// A ring keeps what was sent into it, and its driver does not look when it stops.
void EthdevPort::drain() noexcept {
  Packet* packets[tuning::kBurst];
  for (uint16_t q = 0; q < info_.rx_queues; ++q) {
    while (const uint16_t count = rte_eth_rx_burst(id_, q, packets, tuning::kBurst))
      release_burst(packets, count);
  }
}

Status EthdevPort::set_mtu(uint16_t mtu) {
  if (mtu < info_.min_mtu || mtu > info_.max_mtu) {
    return Error{ErrorCode::kInvalid,
                 info_.device + ": an MTU of " + std::to_string(mtu) + " is not possible",
                 "from " + std::to_string(info_.min_mtu) + " to " + std::to_string(info_.max_mtu)};
  }
  // An interface that others made may well carry more; only too little is in our way.
  if (linux_link_ && info_.driver != "net_tap") {
    const auto truth = linux_link_->state();
    if (truth && truth->mtu >= mtu) {
      mtu_ = mtu;
      return {};
    }
  }
  const int code = rte_eth_dev_set_mtu(id_, mtu);
  if (code != 0 && !not_supported(code)) return failed("its MTU can not be set", code);
  mtu_ = mtu;
  return {};
}

Status EthdevPort::set_promiscuous(bool on) {
  const int code = on ? rte_eth_promiscuous_enable(id_) : rte_eth_promiscuous_disable(id_);
  if (code != 0 && !not_supported(code)) return failed("can not change promiscuous mode", code);
  return {};
}

Status EthdevPort::join_group(const EtherAddr& group) {
  if (std::find(groups_.begin(), groups_.end(), group) != groups_.end()) return {};
  groups_.push_back(group);
  std::vector<rte_ether_addr> list;
  for (const EtherAddr& each : groups_) list.push_back(to_dpdk(each));
  int code = rte_eth_dev_set_mc_addr_list(id_, list.data(), static_cast<uint32_t>(list.size()));
  if (code == 0) return {};
  // No filter for so many groups: take them all. A device that can not even do that has no filter.
  code = rte_eth_allmulticast_enable(id_);
  if (code == 0 || not_supported(code)) return {};
  return failed("can not listen to " + group.to_string(), code);
}

}  // namespace spanway::drivers
