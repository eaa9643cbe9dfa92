// SPDX-License-Identifier: BSD-3-Clause
// A Port on any device of DPDK.
//
// The queues belong to the workers, all else to the control thread. What the queues of most
// drivers hold is freed by stop(); net_tap keeps its receive descriptors until the port is gone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/shared_word.h"
#include "drivers/dpdk/linux_link.h"
#include "drivers/port.h"

namespace spanway::drivers {

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
  Status set_up_queues(uint16_t depth);
  Status make_mac();
  void drain() noexcept;
  uint16_t linearise(Packet** packets, uint16_t count) noexcept;
  [[nodiscard]] Error failed(const std::string& what, int code) const;

  const uint16_t id_;
  const Identity identity_;
  const BufferSource buffers_;
  PortInfo info_;
  bool may_chain_ = true;  // the driver may give frames of several segments
  bool prepare_ = false;   // frames ask the card for checksums
  bool started_ = false;
  uint16_t mtu_ = 1500;
  std::vector<EtherAddr> groups_;
  mutable std::optional<LinuxLink> linux_link_;
  // Workers write (a queue's owner; an update lost between two owners is only a count), control
  // reads.
  SharedWord chained_dropped_, unsendable_;
};

}  // namespace spanway::drivers
