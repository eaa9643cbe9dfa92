// SPDX-License-Identifier: BSD-3-Clause
// Two daemons and two applications in one thread: each application attached to its own daemon over
// a socket, with the library's rings and regions between them, each packet handed over where it
// lies. Messages echo between the applications.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "control/attach/server.h"
#include "control/transport/host.h"
#include "dataplane/base/random.h"
#include "dataplane/client/spanway.h"

namespace spanway::bench {

// What there is of a daemon without the router around it: the transport's and the applications'
// side of control, and one worker's endpoint.
class Node final : transport::Outlet, transport::PacketSink {
 public:
  // Packets leave for `peer`, which has the other address of 192.0.2.1 and 192.0.2.2.
  Node(uint8_t number, Nanos now);
  void join(Node& peer) { peer_ = &peer; }

  // What control does in between: never while messages are measured.
  void step_control(Nanos now);
  // A turn of the worker: what arrived, applications, packets, which then wait for carry().
  void turn(Nanos now) noexcept { endpoint_.serve(now, *this); }
  // Gives the peer what was written.
  void carry(Nanos now) noexcept;

  [[nodiscard]] const std::string& socket() const { return socket_; }

 private:
  struct Datagram {
    transport::Path path;  // as its receiver sees it
    std::vector<uint8_t> payload;
  };
  // As many as an endpoint writes in a turn.
  static constexpr size_t kSlots = transport::Endpoint::kPackets, kPacketBytes = 1'400;
  struct Slot {
    transport::Path path;
    size_t size = 0;
    alignas(64) uint8_t bytes[kPacketBytes];
  };

  bool send_datagram(std::span<const uint8_t> packet) override;
  std::optional<IpAddr> source_towards(const IpAddr& destination) override;
  std::span<uint8_t> room(const transport::Session& session) noexcept override;
  void send(const transport::Session& session, size_t bytes) noexcept override;
  void hear(const transport::Path& path, std::span<uint8_t> payload, Nanos now);

  IpAddr address_;
  Node* peer_ = nullptr;
  Random random_;
  transport::Host host_;
  attach::Service service_;
  transport::Endpoint endpoint_;
  std::string socket_;
  std::unique_ptr<attach::Server> server_;
  std::vector<Slot> slots_;
  size_t written_ = 0;
  std::vector<Datagram> handshake_;
};

class Sidecar {
 public:
  Sidecar();
  ~Sidecar();
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  // As Pair::echo, two microseconds after the last: each side's application and worker have their
  // turns.
  uint64_t echo(std::span<const uint8_t> bytes, uint32_t window);

 private:
  void connect();

  Nanos now_ = seconds(1);
  Node near_, far_;
  spanway_attachment* client_ = nullptr;
  spanway_attachment* server_ = nullptr;
  spanway_connection* asks_ = nullptr;
  spanway_connection* answers_ = nullptr;
  uint32_t outstanding_ = 0;
};

}  // namespace spanway::bench
