// SPDX-License-Identifier: BSD-3-Clause
// A daemon as applications see it, without a router around it: the socket, the host and one worker,
// whose packets come straight back. Everything that is dialled is itself, at 192.0.2.1.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control/attach/server.h"
#include "control/transport/host.h"
#include "dataplane/attach/service.h"
#include "dataplane/base/random.h"
#include "dataplane/transport/endpoint/endpoint.h"

namespace spanway::attach::test {

class Loop : transport::Outlet, transport::PacketSink {
 public:
  // The socket's path has the process id in it and goes with the loop.
  explicit Loop(const Limits& limits = {});
  ~Loop() override;

  // One turn of the worker and one of control. How much there was to do.
  unsigned step(Nanos now);
  // From now on a thread of its own takes the steps, until halt().
  void run();
  void halt();

  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] Server& server() { return *server_; }
  [[nodiscard]] transport::Host& host() { return host_; }
  [[nodiscard]] Service& service() { return service_; }
  // All packets between the two are lost while this is true.
  std::atomic<bool> dark{false};

 private:
  struct Datagram {
    transport::Path path;  // as its receiver sees it
    std::vector<uint8_t> payload;
  };
  bool send_datagram(std::span<const uint8_t> packet) override;
  std::optional<IpAddr> source_towards(const IpAddr& destination) override;
  std::span<uint8_t> room(const transport::Session& session) noexcept override;
  void send(const transport::Session& session, size_t bytes) noexcept override;

  std::string socket_;
  Random random_{7};
  transport::Host host_;
  Service service_;
  transport::Endpoint endpoint_;
  std::unique_ptr<Server> server_;
  std::deque<Datagram> wire_;
  std::vector<uint8_t> room_;
  std::jthread thread_;
};

}  // namespace spanway::attach::test
