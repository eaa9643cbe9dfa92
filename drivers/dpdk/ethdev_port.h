// SPDX-License-Identifier: BSD-3-Clause
// A Port on any device of DPDK.
//
// The queues belong to the workers, all else to the control thread. What the queues of most
// drivers hold is freed by stop(); net_tap keeps its receive descriptors until the port is gone.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/shared_word.h"
#include "drivers/dpdk/buffer_pool.h"
#include "drivers/dpdk/linux_link.h"
#include "drivers/port.h"

struct rte_eth_dev_info;

namespace spanway::drivers {

// Bytes of frame that a buffer of this source holds.
uint32_t data_room(const BufferSource& buffers) noexcept;
// The ring of a packet socket is cut into frames of a power of two; the driver wants each, less 32
// bytes, to fit a buffer.
constexpr unsigned af_packet_frame_bytes(uint32_t room) noexcept {
  return std::bit_floor(room + 32);
}

class EthdevPort final : public Port {
 public:
  struct Identity {
    std::string name;       // the operator's
    std::string device;     // its specification
    std::string devargs;    // what EAL was asked to probe, to undo it
    std::string interface;  // the Linux interface below, or empty
  };
  // Takes over a probed device, configures it and sets up its queues. On failure too the device is
  // closed and removed from EAL.
  static Result<std::unique_ptr<Port>> make(uint16_t id, const Identity& identity,
                                            const PortOptions& options,
                                            const BufferSource& buffers);
  ~EthdevPort() override;

  uint16_t rx_burst(QueueId queue, Packet** out, uint16_t room, Nanos now) noexcept override;
  uint16_t tx_burst(QueueId queue, Packet** packets, uint16_t count, Nanos now) noexcept override;

  [[nodiscard]] const PortInfo& info() const noexcept override { return info_; }
  [[nodiscard]] LinkState link() const override;
  [[nodiscard]] PortStats stats() const override;
  Status start() override;
  void stop() override;
  Status set_mtu(uint16_t mtu) override;
  Status set_promiscuous(bool on) override;
  Status join_group(const EtherAddr& group) override;

 private:
  EthdevPort(uint16_t id, const Identity& identity, const BufferSource& buffers);
  Status configure(const PortOptions& options);
  Status choose_mtu(const rte_eth_dev_info& device, uint16_t wanted);
  Status choose_pool();
  Status set_up_queues(uint16_t depth);
  Status make_mac(const std::optional<EtherAddr>& wanted);
  void drain() noexcept;
  uint16_t linearise(Packet** packets, uint16_t count) noexcept;
  uint16_t copy_out(Packet** packets, uint16_t count) noexcept;
  [[nodiscard]] Error bad_mtu(uint16_t mtu) const;
  [[nodiscard]] Error failed(const std::string& what, int code) const;

  const uint16_t id_;
  const Identity identity_;
  const BufferSource buffers_;
  PortInfo info_;
  // AF_XDP loses what the kernel holds when its socket closes. It gets a pool to itself, which goes
  // with it, and frames are copied into the engine's buffers.
  std::unique_ptr<BufferPool> own_pool_;
  bool may_chain_ = true;  // the driver may give frames of several segments
  bool prepare_ = false;   // frames ask the card for checksums
  bool started_ = false;
  uint16_t mtu_ = 1500;
  std::vector<EtherAddr> groups_;
  mutable std::optional<LinuxLink> linux_link_;
  // Workers write (a queue's owner; an update lost between two owners is only a count), control
  // reads.
  SharedWord chained_dropped_, not_copied_, unsendable_;
};

}  // namespace spanway::drivers
