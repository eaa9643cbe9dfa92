// SPDX-License-Identifier: BSD-3-Clause
// A host at the edge of the lab: answers ARP and neighbour solicitations, sends numbered datagrams
// to other hosts and counts what arrives. Lives on the lab's worker thread; counters are read by
// control.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/units.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/counters.h"
#include "drivers/port.h"

namespace spanway::lab {

// One direction of numbered datagrams. The sender writes sent, the receiver the rest.
struct Flow {
  uint32_t id = 0;
  std::string name;  // "h1>h2 IPv4"
  IpAddr source, destination;
  uint16_t frame_bytes = 64;                      // without the frame check sequence
  uint32_t window = 256;                          // most datagrams under way at once
  Nanos write_off = millis(500);                  // without news: those under way are lost
  seam::Counter sent, received, reordered, lost;  // lost: written off
  seam::Counter latency_sum_ns, latency_max_ns;
  // The sender's and receiver's own notes; both live on one thread.
  uint32_t next_sequence = 0;
  uint32_t expected_sequence = 0;
  uint32_t allowed =
      1;  // grows by one a delivery, from 1 to window: the first waits for resolution
  Nanos last_progress{};
};

struct HostOptions {
  std::string name;
  std::vector<IpAddr> addresses;
  EtherAddr gateway;  // the MAC of the router's port
};

class Host {
 public:
  Host(HostOptions options, std::unique_ptr<drivers::Port> port, const BufferSource& buffers);
  ~Host();

  // Before the first turn. Flows outlive the host. `flows_by_id` finds the flow of what arrives.
  void send_on(Flow& flow) { outgoing_.push_back(&flow); }
  void expect(const std::vector<std::unique_ptr<Flow>>& flows_by_id) { flows_ = &flows_by_id; }

  // Lab worker thread. Sends only while `sending`. Returns packets met.
  unsigned turn(Nanos now, bool sending) noexcept;

  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }
  [[nodiscard]] drivers::Port& port() noexcept { return *port_; }

 private:
  unsigned receive(Nanos now) noexcept;
  unsigned send(Flow& flow, Nanos now) noexcept;
  void deliver(const uint8_t* payload, size_t bytes, Nanos now) noexcept;
  // Turns the frame into its answer; false when there is nothing to answer.
  bool answer_arp(Packet* packet) noexcept;
  bool answer_solicitation(Packet* packet) noexcept;
  Packet* make_datagram(Flow& flow, Nanos now) noexcept;
  [[nodiscard]] bool is_ours(const IpAddr& address) const noexcept;

  HostOptions options_;
  std::unique_ptr<drivers::Port> port_;
  BufferSource buffers_;
  std::vector<Flow*> outgoing_;
  const std::vector<std::unique_ptr<Flow>>* flows_ = nullptr;
};

}  // namespace spanway::lab
