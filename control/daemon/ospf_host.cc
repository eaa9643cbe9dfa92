// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_host.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "dataplane/packet/headers.h"

namespace spanway::daemon {
namespace {

// Announcements may lead to routes, and routes to announcements: more rounds than this are left for
// the next step.
constexpr int kRounds = 4;
bool is_host(Ip4Addr source) {
  return source.value() >> 24 != 0 && !source.is_loopback() && !source.is_multicast() &&
         !source.is_reserved() && !source.is_broadcast();
}

}  // namespace

class OspfHost::Inside {
 public:
  explicit Inside(OspfHost& host) : host_(host) { host_.inside_ = true; }
  ~Inside() {
    host_.inside_ = false;
    host_.touched_ = true;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  OspfHost& host_;
};

OspfHost::OspfHost(OspfSurroundings around)
    : around_(std::move(around)),
      sender_(around_.interfaces, around_.io, around_.neighbours),
      recorder_(around_.record) {}

OspfHost::~OspfHost() = default;

Ip4Addr OspfHost::router_id(const config::Ospf& config) const {
  if (config.router_id) return *config.router_id;
  Ip4Addr highest;
  for (const NamedInterface* one : around_.interfaces.all())
    for (const IpWithLength& own : one->configured)
      if (own.addr.is4()) highest = std::max(highest, own.addr.v4());
  return highest;
}

Status OspfHost::configure(const config::Ospf& config, Nanos now) {
  now_ = now;
  const Ip4Addr id = router_id(config);
  if (!config.ports.empty() && id.is_zero())
    return Error{ErrorCode::kInvalid, "OSPF has no router ID", "ospf router-id 10.255.0.1"};
  auto wanted = ospf_wanted(config, {id, around_.unix_offset_ns, around_.seed, now});
  if (!wanted) return std::move(wanted).error();
  if (instance_ != nullptr &&
      (config.ports.empty() || !ospf_same_router(wanted->router, wanted_.router)))
    stop(now);
  if (config.ports.empty()) {
    config_ = config;
    return {};
  }
  if (instance_ == nullptr) {
    start(config, std::move(wanted).value(), now);
    return {};
  }
  const config::Ospf before = std::exchange(config_, config);
  wanted_ = std::move(wanted).value();
  sync(now);
  set_stubs(before.stubs, config_.stubs, now);
  redistribute_->configure(config_);
  if (before.preference != config_.preference) {
    put_all_routes();
    remove_routes(before.preference);
  }
  return {};
}

void OspfHost::start(const config::Ospf& config, OspfWanted wanted, Nanos now) {
  config_ = config;
  wanted_ = std::move(wanted);
  auto journal = recorder_.begin(*this);
  if (!journal) event("error", "ospf.journal", around_.record, journal.error().message);
  instance_ = std::make_unique<ospf::Instance>(wanted_.router, static_cast<ospf::Outlet&>(*this),
                                               now, journal ? *journal : nullptr);
  redistribute_ = std::make_unique<OspfRedistribute>(
      around_.rib, [this](const Announcement4& one) { say(one); },
      [this] {
        if (inside_ || instance_ == nullptr) return;
        in_rib_ = true;
        work(now_);
        in_rib_ = false;
        sender_.pump();
      });
  event("info", "ospf.started", "ospf",
        "OSPF runs as router " + config::dotted(wanted_.router.router.value));
  sync(now);
  set_stubs({}, config_.stubs, now);
  redistribute_->configure(config_);
}

void OspfHost::leave(Nanos now) {
  if (instance_ == nullptr) return;
  now_ = now;
  {
    const Inside inside(*this);
    instance_->leave(now);
  }
  sender_.pump();
}

void OspfHost::stop(Nanos now) {
  leave(now);
  redistribute_.reset();
  instance_.reset();
  bound_.clear();
  waiting_.clear();
  waiting_routes_.clear();
  refused_.clear();
  remove_routes(config_.preference);
  installed_.clear();
  due_ = Nanos::never();
  event("info", "ospf.stopped", "ospf", "OSPF does not run any more");
}

ospf::Link OspfHost::link_of(const NamedInterface& interface) const {
  ospf::Link out;
  out.up = around_.interfaces.is_up(interface);
  out.mtu_bytes = interface.mtu;
  // A link that goes takes its addresses along (they are probed anew when it comes back); that they
  // are not usable meanwhile is no news of its own.
  // Without its first address, the source of OSPF's packets, it takes no part: a second one that is
  // ready earlier would only have to make way.
  if (out.up && !first_ip4(interface)) return out;
  for (const IpWithLength& own : interface.configured)
    if (own.addr.is4() && (!out.up || interface.ready.contains(own.addr)))
      out.addresses.push_back({own.addr.v4(), own.length});
  return out;
}

bool OspfHost::is_point_to_point(const std::string& interface) const {
  return std::ranges::any_of(config_.ports, [&](const config::OspfPort& port) {
    return port.name == interface && port.network == config::OspfNetwork::kPointToPoint &&
           !port.passive;
  });
}

void OspfHost::sync(Nanos now) {
  if (instance_ == nullptr || inside_) return;
  now_ = now;
  const auto port_of = [this](const std::string& name) -> const config::OspfPort* {
    const auto at = std::ranges::find(config_.ports, name, &config::OspfPort::name);
    return at == config_.ports.end() ? nullptr : &*at;
  };
  std::vector<IfIndex> gone;
  for (const auto& [index, bound] : bound_) {
    const NamedInterface* interface = around_.interfaces.find(index);
    if (interface == nullptr || interface->name != bound.port.name ||
        port_of(interface->name) == nullptr)
      gone.push_back(index);
  }
  for (const IfIndex index : gone) unbind(index, now);
  std::set<Prefix4> own;
  for (const config::OspfPort& port : config_.ports) {
    const NamedInterface* interface = around_.interfaces.find(port.name);
    if (interface == nullptr) continue;
    bind(*interface, port, now);
    for (const auto& address : bound_.at(interface->index).link.addresses)
      own.insert(Prefix4(address.addr, address.length));
  }
  if (redistribute_) redistribute_->set_own(std::move(own));
}

void OspfHost::bind(const NamedInterface& interface, const config::OspfPort& port, Nanos now) {
  const auto [at, fresh] = bound_.try_emplace(interface.index);
  Bound& bound = at->second;
  auto keys = ospf_keys_of(config_, port.name);
  if (fresh || bound.port != port || bound.keys != keys) {
    bound.port = port;
    bound.keys = std::move(keys);
    const Inside inside(*this);
    instance_->set_interface(interface.index, ospf_interface(port, wanted_), now);
  }
  if (fresh)
    if (OpenPort* device = around_.ports.find(interface.port))
      for (const Ip4Addr group : {ospf::kAllSpfRouters, ospf::kAllDRouters})
        if (auto done = device->device->join_group(group_mac(group)); !done)
          event("warning", "ospf.group", interface.name, done.error().message);
  ospf::Link link = link_of(interface);
  if (!fresh && link == bound.link) return;
  bound.link = link;
  const Inside inside(*this);
  instance_->set_link(interface.index, link, now);
}

void OspfHost::unbind(IfIndex interface, Nanos now) {
  bound_.erase(interface);
  {
    const Inside inside(*this);
    instance_->remove_interface(interface, now);
  }
  sender_.forget(interface);
  forget_routes_by(interface);
}

void OspfHost::set_stubs(const std::vector<config::OspfStub>& before,
                         const std::vector<config::OspfStub>& after, Nanos now) {
  const Inside inside(*this);
  for (const config::OspfStub& stub : before)
    if (std::ranges::find(after, stub.prefix, &config::OspfStub::prefix) == after.end())
      instance_->remove_stub(stub.prefix, now);
  for (const config::OspfStub& stub : after)
    if (std::ranges::find(before, stub) == before.end())
      instance_->set_stub(stub.prefix, stub.cost, now);
}

std::optional<OspfDrop> OspfHost::judge(const Bound& bound, Ip4Addr source,
                                        Ip4Addr destination) const {
  const auto& own = bound.link.addresses;
  const auto is_own = [&](Ip4Addr ip) {
    return std::ranges::any_of(own, [&](const auto& one) { return one.addr == ip; });
  };
  const bool heard = destination == ospf::kAllSpfRouters ||
                     (destination == ospf::kAllDRouters && bound.designated) || is_own(destination);
  if (!heard) return OspfDrop::kBadDestination;
  if (own.empty() || !is_host(source) || is_own(source)) return OspfDrop::kBadSource;
  if (bound.port.network == config::OspfNetwork::kPointToPoint) return std::nullopt;
  if (!Prefix4(own.front().addr, own.front().length).contains(source)) return OspfDrop::kBadSource;
  return std::nullopt;
}

void OspfHost::on_packet(IfIndex interface, std::span<const uint8_t> packet, Nanos now) {
  const auto drop = [this](OspfDrop why) { ++drops_[static_cast<size_t>(why)]; };
  const auto at = bound_.find(interface);
  if (instance_ == nullptr || at == bound_.end()) return drop(OspfDrop::kNoOspfHere);
  Ip4Header ip;
  if (packet.size() < sizeof ip) return drop(OspfDrop::kBadHeader);
  std::memcpy(&ip, packet.data(), sizeof ip);
  const size_t header = ip.header_bytes(), total = ip.total_length.host();
  if (ip.version() != 4 || header < sizeof ip || total < header || total > packet.size())
    return drop(OspfDrop::kBadHeader);
  const Ip4Addr source = ip.source.addr(), destination = ip.destination.addr();
  if (const auto why = judge(at->second, source, destination)) return drop(*why);
  now_ = now;
  const auto& first = at->second.link.addresses.front();
  if (Prefix4(first.addr, first.length).contains(source)) sender_.prepare(interface, source, now);
  const Inside inside(*this);
  instance_->receive(interface, source, destination, packet.subspan(header, total - header), now);
}

void OspfHost::on_resolved(IfIndex interface, const IpAddr& neighbour, const EtherAddr& mac) {
  sender_.resolved(interface, neighbour, mac);
}

void OspfHost::on_failed(IfIndex interface, const IpAddr& neighbour) {
  sender_.failed(interface, neighbour);
}

void OspfHost::work(Nanos now) {
  touched_ = false;
  const Inside inside(*this);
  due_ = instance_->step(now);
}

Nanos OspfHost::step(Nanos now) {
  now_ = now;
  if (instance_ == nullptr) {
    (void)sender_.pump();
    return Nanos::never();
  }
  for (int round = 0; round < kRounds && (touched_ || now >= due_); ++round) {
    work(now);
    touched_ = false;
    if (!waiting_routes_.empty()) set_routes(std::exchange(waiting_routes_, {}));
    say_waiting();
  }
  retry_refused(now);
  recorder_.flush(now);
  const bool more = sender_.pump();
  if (more || touched_) return now;
  return std::min(due_, retry_at_);
}

void OspfHost::say(const Announcement4& one) {
  if (inside_) return waiting_.push_back(one);
  const Inside inside(*this);
  if (one.external)
    instance_->announce(one.prefix, *one.external, now_);
  else
    instance_->withdraw(one.prefix, now_);
}

void OspfHost::say_waiting() {
  for (const Announcement4& one : std::exchange(waiting_, {})) say(one);
}

void OspfHost::send(IfIndex interface, Ip4Addr destination, std::span<const uint8_t> packet) {
  sender_.send(interface, destination, packet, now_);
}

void OspfHost::listen_as_designated(IfIndex interface, bool on) {
  const auto at = bound_.find(interface);
  if (at != bound_.end()) at->second.designated = on;
}

void OspfHost::event(const char* severity, const char* kind, std::string subject,
                     std::string message) {
  around_.event(severity, kind, std::move(subject), std::move(message));
}

Nanos OspfHost::stopwatch() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return Nanos(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

}  // namespace spanway::daemon
