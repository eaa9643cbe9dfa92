// SPDX-License-Identifier: BSD-3-Clause
// The router around OSPF: gives it packets, links, time and what is to be announced; carries out
// what it sends and where its routes lead. Control thread.
//
// Owns the one Instance while [[ospf.port]] is not empty. The instance must not be called from
// within its own calls; what reaches us meanwhile waits until they are over.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/ospf.h"
#include "control/daemon/interfaces.h"
#include "control/daemon/ospf_recorder.h"
#include "control/daemon/ospf_redistribute.h"
#include "control/daemon/ospf_sender.h"
#include "control/daemon/ospf_settings.h"
#include "control/ospf/instance.h"
#include "control/ospf/outlet.h"
#include "control/rib/rib.h"

namespace spanway::daemon {

// Why a packet of protocol 89 did not come to the instance (RFC 2328 section 8.2, before the OSPF
// header).
enum class OspfDrop : uint8_t {
  kNoOspfHere,      // OSPF does not run on this interface
  kBadHeader,       // IPv4 header and length do not fit
  kBadDestination,  // neither the interface's address nor a group that it listens to
  kBadSource,       // our own, no host's, or (broadcast) not of the interface's subnet
  kCount
};
inline constexpr std::array<std::string_view, static_cast<size_t>(OspfDrop::kCount)>
    kOspfDropNames = {"no_ospf_here", "bad_header", "bad_destination", "bad_source"};

struct OspfSurroundings {
  Interfaces& interfaces;
  Ports& ports;
  rib::Rib& rib;
  PacketIo& io;
  neighbour::Neighbours& neighbours;
  uint64_t seed = 1;
  int64_t unix_offset_ns = 0;  // see EngineOptions
  std::string record;          // see EngineOptions
  std::function<void(const char* severity, std::string kind, std::string subject,
                     std::string message)>
      event;
};

class OspfHost final : private ospf::Outlet {
 public:
  // Everything in `around` outlives this object.
  explicit OspfHost(OspfSurroundings around);
  ~OspfHost() override;
  OspfHost(const OspfHost&) = delete;
  OspfHost& operator=(const OspfHost&) = delete;

  // On an error everything is as it was.
  Status configure(const config::Ospf& wanted, Nanos now);
  // Interfaces came, went or changed; interfaces() says how they are.
  void sync(Nanos now);
  // An IPv4 packet of protocol 89, from its IP header on.
  void on_packet(IfIndex interface, std::span<const uint8_t> packet, Nanos now);
  void on_resolved(IfIndex interface, const IpAddr& neighbour, const EtherAddr& mac);
  void on_failed(IfIndex interface, const IpAddr& neighbour);
  // Does what is due. When it wants to be called next at the latest.
  Nanos step(Nanos now);

  // nullptr: OSPF does not run.
  [[nodiscard]] const ospf::Instance* instance() const noexcept { return instance_.get(); }
  [[nodiscard]] bool runs_on(IfIndex interface) const { return bound_.contains(interface); }
  // By configuration, one other router and nobody else is on this interface.
  [[nodiscard]] bool is_point_to_point(const std::string& interface) const;
  [[nodiscard]] size_t announced() const { return redistribute_ ? redistribute_->size() : 0; }
  [[nodiscard]] const OspfSender& sender() const noexcept { return sender_; }
  [[nodiscard]] uint64_t dropped(OspfDrop why) const noexcept {
    return drops_[static_cast<size_t>(why)];
  }
  // Routes of OSPF that the tables had no room for.
  [[nodiscard]] size_t refused_routes() const noexcept { return refused_.size(); }

 private:
  struct Bound {
    config::OspfPort port;
    std::vector<config::OspfKey> keys;
    ospf::Link link{};
    bool designated = false;  // listens to 224.0.0.6
  };
  struct Route4 {
    Prefix4 prefix;
    std::optional<ospf::Route> route;  // nullopt: none any more
  };
  // While it lives, the instance is at work.
  class Inside;

  // ospf::Outlet
  void send(IfIndex interface, Ip4Addr destination, std::span<const uint8_t> packet) override;
  void routes(std::span<const ospf::RouteChange> changes) override;
  void listen_as_designated(IfIndex interface, bool on) override;
  void event(const char* severity, const char* kind, std::string subject,
             std::string message) override;
  Nanos stopwatch() override;

  [[nodiscard]] Ip4Addr router_id(const config::Ospf& config) const;
  [[nodiscard]] ospf::Link link_of(const NamedInterface& interface) const;
  [[nodiscard]] std::optional<OspfDrop> judge(const Bound& bound, Ip4Addr source,
                                              Ip4Addr destination) const;
  void start(const config::Ospf& config, OspfWanted wanted, Nanos now);
  void leave(Nanos now);
  void stop(Nanos now);
  void bind(const NamedInterface& interface, const config::OspfPort& port, Nanos now);
  void unbind(IfIndex interface, Nanos now);
  void set_stubs(const std::vector<config::OspfStub>& before,
                 const std::vector<config::OspfStub>& after, Nanos now);
  void say(const Announcement4& announcement);
  void say_waiting();
  void work(Nanos now);
  // The routes in the rib (ospf_routes.cc).
  [[nodiscard]] std::optional<rib::Target> target_of(const ospf::Route& route) const;
  [[nodiscard]] rib::Source source_of(const ospf::Route& route) const;
  void set_routes(std::span<const Route4> changes);
  void apply_routes(const std::vector<rib::Announcement>& changes);
  void note_route(const rib::Announcement& change, const Status& done);
  void remove_routes(uint8_t preference);
  void forget_routes_by(IfIndex interface);
  void put_all_routes();
  void retry_refused(Nanos now);

  OspfSurroundings around_;
  OspfSender sender_;
  config::Ospf config_;
  OspfWanted wanted_;
  OspfRecorder recorder_;
  std::unique_ptr<ospf::Instance> instance_;
  std::unique_ptr<OspfRedistribute> redistribute_;
  std::map<IfIndex, Bound> bound_;
  std::vector<Announcement4> waiting_;  // came while the instance was at work
  std::vector<Route4> waiting_routes_;  // came while the rib was at work
  std::set<Prefix4> installed_;         // in the rib
  std::set<Prefix4> refused_;           // the tables had no room
  Nanos retry_at_ = Nanos::never();
  std::array<uint64_t, static_cast<size_t>(OspfDrop::kCount)> drops_{};
  Nanos now_{};
  Nanos due_ = Nanos::never();
  bool inside_ = false;
  bool in_rib_ = false;   // our caller is the rib, which must not be changed
  bool touched_ = false;  // the instance may want to be called earlier than due_ says
};

}  // namespace spanway::daemon
