// SPDX-License-Identifier: BSD-3-Clause
// Many instances of OSPF on wires that do not exist, in virtual time: the same calls and seed give
// the same run. For tests; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <queue>
#include <string>
#include <vector>

#include "control/ospf/instance.h"
#include "control/ospf/journal.h"
#include "dataplane/base/random.h"

namespace spanway::ospf {

class OspfNet {
 public:
  explicit OspfNet(uint64_t seed = 1) : random_(seed) {}

  // Routers are named by their place; router 0 has the ID 1, and so on, unless told.
  size_t add_router();
  // A network 10.x.y.0/24 (or /30 and /31 as told) with these routers: addresses .1, .2 and so on
  // in their order. Each has an interface there, of these settings.
  size_t add_wire(const std::vector<size_t>& routers, const InterfaceSettings& settings = quick(),
                  unsigned length = 24);
  // Broadcast, Hello every second, dead after four.
  static InterfaceSettings quick() { return quick(NetworkType::kBroadcast, 10); }
  static InterfaceSettings quick(NetworkType type, uint16_t cost);

  // Carrier: every router on the wire hears of it at once.
  void set_wire(size_t wire, bool up);
  // Nothing passes any more, and nobody is told.
  void silence(size_t wire, bool silent) { wires_[wire].silent = silent; }
  // Every packet is lost with this probability, 0..1.
  void set_loss(size_t wire, double probability) { wires_[wire].loss = probability; }
  // The router dies without a word; start() gives it a second life that knows nothing.
  void kill(size_t router);
  void start(size_t router);
  // From its next start on everything that it is told and does goes there.
  void record(size_t router, std::ostream& to);
  [[nodiscard]] bool is_alive(size_t router) const { return routers_[router]->instance != nullptr; }
  void configure(size_t router, size_t wire, const InterfaceSettings& settings);

  // Time passes.
  void run(Nanos span);
  [[nodiscard]] Nanos now() const noexcept { return now_; }
  // Until `done` says so, asked every 10 ms; when that was, since this call. nullopt: not within
  // `most`.
  std::optional<Nanos> run_until(Nanos most, const std::function<bool()>& done);

  [[nodiscard]] Instance& instance(size_t router) { return *routers_[router]->instance; }
  [[nodiscard]] const std::map<Prefix4, Route>& routes(size_t router) const {
    return routers_[router]->fib;
  }
  [[nodiscard]] IfIndex interface_on(size_t router, size_t wire) const;
  [[nodiscard]] Ip4Addr address_on(size_t router, size_t wire) const;
  [[nodiscard]] static RouterId id_of(size_t router) {
    return RouterId{static_cast<uint32_t>(router + 1)};
  }
  [[nodiscard]] size_t size() const noexcept { return routers_.size(); }
  NeighbourState state_between(size_t router, size_t neighbour);
  // Every two routers that hear each other are as far as their wire lets them come.
  bool all_adjacent();
  // Interfaces and neighbours of all, for whoever has to find out why a test failed.
  std::string picture();
  // The database without ages: what two routers have to agree on.
  std::vector<std::string> database(size_t router);
  [[nodiscard]] uint64_t packets() const noexcept { return packets_; }

  // Every packet that passes a wire, before it is lost or not; false: it does not arrive.
  std::function<bool(size_t wire, size_t from, std::span<const uint8_t> packet)> filter;
  // Of every router; may be nullptr.
  std::function<void(RouterSettings&)> adjust;
  std::vector<std::string> events;

 private:
  struct Port {
    size_t router;
    IfIndex interface;
    Ip4Addr address;
    InterfaceSettings settings;
  };
  struct Wire {
    std::vector<Port> ports;
    unsigned length = 24;
    bool up = true, silent = false;
    double loss = 0;
  };
  struct Router final : Outlet {
    OspfNet* net = nullptr;
    size_t place = 0;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<Instance> instance;
    std::map<Prefix4, Route> fib;
    std::map<IfIndex, size_t> wires;
    std::map<IfIndex, bool> designated;
    uint32_t lives = 0;

    void send(IfIndex interface, Ip4Addr destination, std::span<const uint8_t> packet) override;
    void routes(std::span<const RouteChange> changes) override;
    void listen_as_designated(IfIndex interface, bool on) override { designated[interface] = on; }
    void event(const char* severity, const char* kind, std::string subject,
               std::string message) override;
  };
  struct Flight {
    Nanos arrives;
    uint64_t order;
    size_t wire, to;
    Ip4Addr source, destination;
    std::vector<uint8_t> packet;
    bool operator>(const Flight& other) const {
      return std::pair(arrives, order) > std::pair(other.arrives, other.order);
    }
  };

  void carry(size_t router, size_t wire, Ip4Addr destination, std::span<const uint8_t> packet);
  void deliver(const Flight& flight);
  void attach(const Port& port, const Wire& wire);
  bool is_adjacent(const Wire& wire);
  [[nodiscard]] Link link_of(const Port& port, const Wire& wire) const;

  Random random_;
  Nanos now_ = seconds(1);
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<Wire> wires_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> flights_;
  uint64_t sent_ = 0, packets_ = 0;
};

}  // namespace spanway::ospf
