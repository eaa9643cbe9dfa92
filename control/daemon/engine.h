// SPDX-License-Identifier: BSD-3-Clause
// One router: its ports, tables, workers and control, without globals, so that many live in one
// process. Config, ports and time come in; nothing here reads a clock or starts a thread.
//
// Two kinds of callers: each worker's thread calls turn() of its worker; the control thread calls
// all the rest. On a server these are different threads; the lab may use one for everything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/config/store.h"
#include "control/daemon/events.h"
#include "control/daemon/interfaces.h"
#include "control/daemon/ospf_host.h"
#include "control/daemon/packet_io.h"
#include "control/daemon/ports.h"
#include "control/daemon/watching.h"
#include "control/local/local_host.h"
#include "control/neighbour/neighbours.h"
#include "control/ping/sessions.h"
#include "control/publish/publisher.h"
#include "control/rib/rib.h"
#include "control/stats/rates.h"
#include "control/stats/snapshot.h"
#include "control/transport/host.h"
#include "control/transport/probes.h"
#include "dataplane/attach/service.h"
#include "dataplane/base/random.h"
#include "dataplane/base/units.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/counters.h"
#include "dataplane/seam/published.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/table/tables.h"
#include "dataplane/worker/handover.h"
#include "dataplane/worker/worker.h"

namespace spanway::daemon {

struct EngineOptions {
  std::string name = "spanway";
  uint16_t workers = 1;
  BufferSource buffers;
  sim::Network* network = nullptr;  // of the lab, or null
  table::Crew* crew = nullptr;      // helps with large batches of routes; outlives the engine
  uint64_t seed = 1;                // of every jitter
  std::string config_path;          // of `config save`; may be empty
  std::string ospf_record;          // see DaemonOptions
  Nanos born{};                     // engine time at birth
  // Everything is to happen again by the same seed: secrets are made of it as well. Never on a
  // server.
  bool predictable = false;
  // Added to engine time it gives wall-clock time, in nanoseconds since 1970.
  int64_t unix_offset_ns = 0;
};

class Engine final : public config::Applier,
                     private neighbour::Outlet,
                     private ping::Outlet,
                     private local::Outlet,
                     private transport::Outlet {
 public:
  explicit Engine(const EngineOptions& options);
  // No worker turns any more. Closes every port and frees every packet.
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The worker's thread. Packets met.
  unsigned turn(WorkerId worker, Nanos now) noexcept { return workers_[worker.value]->turn(now); }
  [[nodiscard]] worker::Worker& worker(WorkerId worker) noexcept { return *workers_[worker.value]; }

  // Serves punts, timers, links and reclamation; never waits. The time at which it wants to be
  // called next at the latest; calling it earlier serves punts sooner.
  Nanos step(Nanos now);

  // One change of configuration made real; config::Store calls this.
  Status apply(const config::Change& change) override;
  Status apply_routes(std::span<const config::Change> changes, size_t& done,
                      size_t& failed) override;
  void end() override;

  // What there is, for the API.
  [[nodiscard]] config::Store& store() noexcept { return store_; }
  [[nodiscard]] const EngineOptions& options() const noexcept { return options_; }
  // Of the last step.
  [[nodiscard]] Nanos now() const noexcept { return now_; }
  [[nodiscard]] Ports& ports() noexcept { return ports_; }
  [[nodiscard]] Interfaces& interfaces() noexcept { return interfaces_; }
  [[nodiscard]] const rib::Rib& rib() const noexcept { return rib_; }
  [[nodiscard]] const publish::Publisher& publisher() const noexcept { return publisher_; }
  [[nodiscard]] neighbour::Neighbours& neighbours() noexcept { return neighbours_; }
  [[nodiscard]] const local::LocalHost& local_host() const noexcept { return local_host_; }
  [[nodiscard]] const OspfHost& ospf() const noexcept { return ospf_; }
  [[nodiscard]] ping::Sessions& pings() noexcept { return pings_; }
  [[nodiscard]] transport::Host& transport() noexcept { return transport_; }
  [[nodiscard]] transport::Probes& probes() noexcept { return probes_; }
  // Applications of a worker: for whoever lets them attach. Control's half of it only.
  [[nodiscard]] attach::Service& applications(WorkerId worker) noexcept {
    return *applications_[worker.value];
  }
  [[nodiscard]] Watching& watching() noexcept { return watching_; }
  [[nodiscard]] const Events& events() const noexcept { return events_; }
  [[nodiscard]] const stats::Rates& rates() const noexcept { return rates_; }
  [[nodiscard]] const seam::WorkerCounters& counters(WorkerId worker) const noexcept {
    return *counters_[worker.value];
  }
  [[nodiscard]] const seam::Channels& channels(WorkerId worker) const noexcept {
    return *channels_[worker.value];
  }
  // All workers added up, now.
  [[nodiscard]] stats::Snapshot totals() const;
  [[nodiscard]] const table::NextHop* next_hop(NextHopId id) const noexcept {
    return tables_.next_hops.get(id);
  }
  // The name of the interface whose subnet has the gateway; "" when none has.
  [[nodiscard]] std::string interface_towards(const IpAddr& gateway);
  std::optional<IpAddr> source_for(const IpAddr& destination, IfIndex link) override;

  // At the end: tells the routers around that this one goes. To be called again, while workers have
  // turns, until it is true: all that is to be said has been taken by a worker.
  bool take_leave(Nanos now);

  void set_stage_timing(bool on);
  [[nodiscard]] bool stage_timing() const noexcept { return stage_timing_; }

 private:
  // engine_apply.cc: one overload a kind of change.
  Status make(const config::PortAdded& change);
  Status make(const config::PortRemoved& change);
  Status make(const config::PortChanged& change);
  Status make(const config::VlanAdded& change);
  Status make(const config::VlanRemoved& change);
  Status make(const config::VlanChanged& change);
  Status make(const config::AddressAdded& change);
  Status make(const config::AddressRemoved& change);
  Status make(const config::NeighbourAdded& change);
  Status make(const config::NeighbourRemoved& change);
  Status make(const config::NeighbourChanged& change);
  Status make(const config::RouteAdded& change);
  Status make(const config::RouteRemoved& change);
  Status make(const config::RouteChanged& change);
  Status make(const config::IcmpChanged& change);
  Status make(const config::TransportChanged& change);
  Status make(const config::OspfChanged& change);
  Status make(const config::DaemonChanged&) { return {}; }
  Status make(const config::ControlChanged&) { return {}; }
  Status add_interface(const std::string& name, const OpenPort& port, uint16_t vlan, uint16_t mtu,
                       bool up);
  void remove_interface(const std::string& name);
  Status set_route(const config::Route& route);
  Result<rib::Target> target_of(const config::Route& route);

  // neighbour::Outlet
  void send_frame(IfIndex interface, std::span<const uint8_t> frame) override;
  void resolved(IfIndex interface, const IpAddr& ip, const EtherAddr& mac) override;
  void failed(IfIndex interface, const IpAddr& ip) override;
  void gone(IfIndex interface, const IpAddr& ip) override;
  void duplicate_address(IfIndex interface, const IpAddr& ip, const EtherAddr& who) override;
  void address_ready(IfIndex interface, const IpAddr& ip) override;
  void address_lost(IfIndex interface, const IpAddr& ip) override;
  // ping::Outlet
  bool send_probe(std::span<const uint8_t> packet, IfIndex link) override;
  // local::Outlet
  bool send_packet(std::span<const uint8_t> packet) override { return io_.send_routed(packet); }
  bool is_ours(const IpAddr& ip) override;
  size_t mtu_of(IfIndex interface) override;
  bool send_on(IfIndex interface, std::span<const uint8_t> frame) override {
    return io_.send_frame(interface, frame);
  }
  void complain(const local::Arrival& about, local::Complaint what, uint32_t pointer) override;
  bool on_routing(IfIndex interface, std::span<const uint8_t> packet) override {
    ospf_.on_packet(interface, packet, now_);
    return true;
  }
  void on_answer(std::span<const uint8_t> packet, Nanos now) override {
    pings_.on_packet(packet, now);
  }

  // transport::Outlet
  bool send_datagram(std::span<const uint8_t> packet) override { return io_.send_routed(packet); }
  std::optional<IpAddr> source_towards(const IpAddr& destination) override {
    return source_for(destination, kNoInterface);
  }
  void on_handshake(const PacketIo::Punted& punted);

  void publish_step();
  void on_punt(const PacketIo::Punted& punted);
  // Carries changes of interfaces to the neighbour tables and the publisher, until all agree.
  void sync_interfaces();
  void poll_links();
  // A packet came from it: if its link counts as down, look now and not at the next poll. The first
  // Hello of who has seen the link earlier is answered then, and not its second.
  void believe_in_link(IfIndex interface);
  void watch_workers();
  void event(const char* severity, std::string kind, std::string subject, std::string message) {
    events_.add(now_, severity, std::move(kind), std::move(subject), std::move(message));
  }

  // Birth order; death is its reverse, except where ~Engine says otherwise.
  EngineOptions options_;
  Nanos now_;
  seam::Qsbr qsbr_;
  seam::Graveyard graveyard_;
  table::Tables tables_;
  std::vector<std::unique_ptr<seam::WorkerCounters>> counters_;
  std::vector<std::unique_ptr<seam::Channels>> channels_;
  worker::Handover handover_;
  std::vector<std::unique_ptr<seam::Published<worker::Plan>>> plans_;
  Ports ports_;
  Random secrets_;  // of a predictable engine
  transport::ProbeApps probe_apps_;
  std::vector<std::unique_ptr<attach::Service>> applications_;  // by worker
  transport::Host transport_;
  transport::Probes probes_;
  std::vector<worker::TransportParts> transport_parts_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  Events events_;
  PacketIo io_;
  Interfaces interfaces_;
  rib::Rib rib_;
  publish::Publisher publisher_;
  neighbour::Neighbours neighbours_;
  ping::Sessions pings_;
  local::LocalHost local_host_;
  OspfHost ospf_;
  Watching watching_;
  stats::Rates rates_;
  config::Store store_;

  // Packets of ours for link-local neighbours: no FIB knows them, so control finds their MAC.
  struct OnLink {
    IfIndex link = kNoInterface;
    IpAddr neighbour{};
    std::vector<uint8_t> packet{};
  };
  std::vector<OnLink> on_link_;  // asked for, not answered yet; bounded
  // Moves out those that waited for `neighbour`.
  std::vector<OnLink> take_on_link(IfIndex link, const IpAddr& neighbour);

  bool interfaces_dirty_ = false;
  bool syncing_ = false;
  bool stage_timing_ = false;
  Nanos links_polled_{INT64_MIN}, next_link_poll_{}, next_quick_poll_{};
  Nanos next_worker_watch_{};
  std::vector<bool> stalled_;  // by worker
};

}  // namespace spanway::daemon
