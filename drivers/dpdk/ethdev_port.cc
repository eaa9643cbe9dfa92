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
// What the kernel writes in front of a frame in the ring of a packet socket (TPACKET_V2).
constexpr uint32_t kSocketHeader = 66;

bool not_supported(int code) noexcept { return code == -ENOTSUP || code == -EOPNOTSUPP; }

// Drivers whose frames always fit one buffer, or that drop the others themselves.
bool never_chains(std::string_view driver) noexcept {
  return driver == "net_null" || driver == "net_af_packet" || driver == "net_ring" ||
         driver == "net_af_xdp";
}

// Drivers on a socket of Linux, which takes frames as long as its ring and its interface allow.
bool sized_by_socket(std::string_view driver) noexcept { return driver == "net_af_packet"; }

rte_ether_addr to_dpdk(const EtherAddr& mac) noexcept {
  rte_ether_addr out;
  std::memcpy(out.addr_bytes, mac.bytes.data(), 6);
  return out;
}

}  // namespace

uint32_t data_room(const BufferSource& buffers) noexcept {
  return rte_pktmbuf_data_room_size(buffers.pool()) - uint32_t{RTE_PKTMBUF_HEADROOM};
}

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
  if (Status ok = port->make_mac(options.mac); !ok) return ok.error();
  if (options.promiscuous) {
    if (Status ok = port->set_promiscuous(true); !ok) return ok.error();
  }
  return std::unique_ptr<Port>(std::move(port));
}

EthdevPort::~EthdevPort() {
  stop();
  std::optional<CapturedStderr> hush;  // libxdp chats on stderr
  if (own_pool_) hush.emplace();
  rte_eth_dev_info device{};
  const bool known = rte_eth_dev_info_get(id_, &device) == 0;
  rte_eth_dev_close(id_);
  if (known && device.device != nullptr) rte_dev_remove(device.device);
  hush.reset();
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

  if (Status ok = choose_mtu(device, options.mtu); !ok) return ok;
  if (Status ok = choose_pool(); !ok) return ok;

  const OffloadPlan plan =
      resolve_offloads(info_.driver, device.rx_offload_capa, device.tx_offload_capa, options);
  info_.offloads = plan.modes;
  prepare_ = plan.tx_flags != 0;
  may_chain_ = !never_chains(info_.driver);

  rte_eth_conf conf{};
  conf.rxmode.offloads = plan.rx_flags;
  conf.txmode.offloads = plan.tx_flags;
  conf.rxmode.mtu = sized_by_socket(info_.driver) ? 0 : mtu_;
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

// The smallest of what the buffers hold, what the driver claims and, where the driver's claim is a
// constant that means nothing, what its socket takes.
Status EthdevPort::choose_mtu(const rte_eth_dev_info& device, uint16_t wanted) {
  const uint32_t room = data_room(buffers_) - kFrameOverhead;
  uint32_t limit = 65535;
  if (sized_by_socket(info_.driver)) {
    limit = af_packet_frame_bytes(data_room(buffers_)) - kSocketHeader - kFrameOverhead;
  } else {
    if (device.max_mtu != 0) limit = std::min<uint32_t>(limit, device.max_mtu);
    // As ethdev counts: a driver that names no MTU has 18 bytes around its packets.
    if (device.max_mtu == UINT16_MAX &&
        device.max_rx_pktlen > RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN)
      limit =
          std::min<uint32_t>(limit, device.max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN);
  }
  info_.min_mtu = std::max<uint16_t>(68, device.min_mtu);
  info_.max_mtu = static_cast<uint16_t>(std::min(room, limit));
  if (wanted >= info_.min_mtu && wanted <= info_.max_mtu) {
    mtu_ = wanted;
    return {};
  }
  Error error = bad_mtu(wanted);
  if (room < limit) error.fix += "; larger needs larger buffers";
  return error;
}

Error EthdevPort::bad_mtu(uint16_t mtu) const {
  return {ErrorCode::kInvalid,
          info_.device + ": an MTU of " + std::to_string(mtu) + " is not possible",
          "from " + std::to_string(info_.min_mtu) + " to " + std::to_string(info_.max_mtu)};
}

Status EthdevPort::choose_pool() {
  if (info_.driver != "net_af_xdp") return {};
  // Each queue has rings of 2048 for frames to fill, to send and sent.
  const uint32_t queues = std::max(info_.rx_queues, info_.tx_queues);
  auto pool = BufferPool::make("xdp", {.buffers = 6143 * queues});
  if (!pool) return pool.error();
  own_pool_ = std::move(*pool);
  return {};
}

Status EthdevPort::set_up_queues(uint16_t depth) {
  rte_mempool* pool = own_pool_ ? own_pool_->source().pool() : buffers_.pool();
  uint16_t rx_depth = depth == 0 ? tuning::kQueueDepth : depth, tx_depth = rx_depth;
  rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx_depth, &tx_depth);
  for (uint16_t q = 0; q < info_.rx_queues; ++q) {
    if (const int code = rte_eth_rx_queue_setup(id_, q, rx_depth, SOCKET_ID_ANY, nullptr, pool);
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
Status EthdevPort::make_mac(const std::optional<EtherAddr>& wanted) {
  rte_ether_addr mac{};
  if (const int code = rte_eth_macaddr_get(id_, &mac); code != 0)
    return failed("has no MAC address", code);
  // A TAP's device address is Linux's end; ours is another one, as on a cable with two ends: with
  // equal ones neither would believe the other's ARP.
  if (info_.driver == "net_tap") {
    info_.mac = wanted.value_or(local_mac(info_.device + "/engine"));
    return {};
  }
  std::memcpy(info_.mac.bytes.data(), mac.addr_bytes, 6);
  if (!wanted && !info_.mac.is_zero() && info_.driver != "net_null" && info_.driver != "net_pcap" &&
      info_.driver != "net_ring")
    return {};
  info_.mac = wanted.value_or(local_mac(info_.device));
  mac = to_dpdk(info_.mac);
  // Where the device does not keep an address it does not filter by one either.
  rte_eth_dev_default_mac_addr_set(id_, &mac);
  return {};
}

uint16_t EthdevPort::rx_burst(QueueId queue, Packet** out, uint16_t room, Nanos) noexcept {
  const uint16_t count = rte_eth_rx_burst(id_, queue.value, out, room);
  if (own_pool_) return copy_out(out, count);
  return may_chain_ ? linearise(out, count) : count;
}

uint16_t EthdevPort::copy_out(Packet** packets, uint16_t count) noexcept {
  uint16_t kept = 0;
  for (uint16_t i = 0; i < count; ++i) {
    Packet* const original = packets[i];
    const uint32_t bytes = length(original);
    Packet* copy = original->nb_segs == 1 ? buffers_.allocate() : nullptr;
    uint8_t* room = copy != nullptr ? append(copy, static_cast<uint16_t>(bytes)) : nullptr;
    if (room != nullptr) {
      std::memcpy(room, data(original), bytes);
      packets[kept++] = copy;
    } else {
      if (copy != nullptr) release(copy);
      not_copied_.add(1);
    }
    release(original);
  }
  return kept;
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
  s.rx_no_buffer = raw.rx_nombuf + not_copied_.get();
  s.tx_packets = raw.opackets;
  s.tx_bytes = raw.obytes;
  s.tx_errors = raw.oerrors + unsendable_.get();
  return s;
}

Status EthdevPort::start() {
  if (started_) return {};
  if (const int code = rte_eth_dev_start(id_); code != 0) return failed("does not start", code);
  started_ = true;
  // Cards know their MTU since they were configured, and some do not take it twice.
  return linux_link_ ? set_mtu(mtu_) : Status{};
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
  if (mtu < info_.min_mtu || mtu > info_.max_mtu) return bad_mtu(mtu);
  if (sized_by_socket(info_.driver)) {
    // The interface is another's and may well carry more; only too little is in our way.
    const auto truth = linux_link_ ? linux_link_->state() : std::nullopt;
    if (truth && truth->mtu < mtu) {
      if (Status ok = linux_link_->set_mtu(mtu); !ok) return ok;
    }
  } else if (const int code = rte_eth_dev_set_mtu(id_, mtu); code != 0 && !not_supported(code)) {
    Error error = failed("its MTU can not be set", code);
    if (code == -EBUSY) error.fix = "remove the port and add it with the new MTU";
    return error;
  }
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
