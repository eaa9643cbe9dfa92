// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/ospf_net.h"

#include <algorithm>

namespace spanway::ospf {
namespace {

constexpr Nanos kFlight = micros(200);

}  // namespace

InterfaceSettings OspfNet::quick(NetworkType type, uint16_t cost) {
  return {.type = type, .cost = cost, .hello_interval_s = 1, .dead_interval_s = 4};
}

size_t OspfNet::add_router() {
  routers_.push_back(std::make_unique<Router>());
  routers_.back()->net = this;
  routers_.back()->place = routers_.size() - 1;
  start(routers_.size() - 1);
  return routers_.size() - 1;
}

size_t OspfNet::add_wire(const std::vector<size_t>& routers, const InterfaceSettings& settings,
                         unsigned length) {
  const size_t place = wires_.size();
  Wire& wire = wires_.emplace_back();
  wire.length = length;
  uint32_t address = 10u << 24 | static_cast<uint32_t>(place) << 8;
  for (const size_t router : routers) {
    Router& at = *routers_[router];
    const IfIndex interface { static_cast<uint16_t>(at.wires.size()) };
    at.wires[interface] = place;
    wire.ports.push_back({router, interface, Ip4Addr(++address), settings});
  }
  for (const Port& port : wire.ports) attach(port, wire);
  return place;
}

Link OspfNet::link_of(const Port& port, const Wire& wire) const {
  return {.up = wire.up, .mtu_bytes = 1500, .addresses = {{port.address, wire.length}}};
}

void OspfNet::attach(const Port& port, const Wire& wire) {
  if (!is_alive(port.router)) return;
  instance(port.router).set_link(port.interface, link_of(port, wire), now_);
  instance(port.router).set_interface(port.interface, port.settings, now_);
}

void OspfNet::configure(size_t router, size_t wire, const InterfaceSettings& settings) {
  for (Port& port : wires_[wire].ports) {
    if (port.router != router) continue;
    port.settings = settings;
    attach(port, wires_[wire]);
  }
}

void OspfNet::set_wire(size_t wire, bool up) {
  wires_[wire].up = up;
  for (const Port& port : wires_[wire].ports)
    if (is_alive(port.router))
      instance(port.router).set_link(port.interface, link_of(port, wires_[wire]), now_);
}

void OspfNet::kill(size_t router) {
  routers_[router]->instance.reset();
  routers_[router]->fib.clear();
  routers_[router]->designated.clear();
}

void OspfNet::start(size_t router) {
  RouterSettings settings{.router = id_of(router), .area = AreaId{0}};
  settings.seed = random_();
  settings.first_cryptographic_sequence = 1 + 1'000'000 * routers_[router]->lives++;
  if (adjust) adjust(settings);
  routers_[router]->instance = std::make_unique<Instance>(settings, *routers_[router], now_,
                                                          routers_[router]->journal.get());
  for (const Wire& wire : wires_)
    for (const Port& port : wire.ports)
      if (port.router == router) attach(port, wire);
}

void OspfNet::record(size_t router, std::ostream& to) {
  routers_[router]->journal = std::make_unique<Journal>(to, *routers_[router]);
}

IfIndex OspfNet::interface_on(size_t router, size_t wire) const {
  for (const Port& port : wires_[wire].ports)
    if (port.router == router) return port.interface;
  return kNoInterface;
}

Ip4Addr OspfNet::address_on(size_t router, size_t wire) const {
  for (const Port& port : wires_[wire].ports)
    if (port.router == router) return port.address;
  return {};
}

void OspfNet::Router::send(IfIndex interface, Ip4Addr destination,
                           std::span<const uint8_t> packet) {
  net->carry(place, wires.at(interface), destination, packet);
}

void OspfNet::Router::routes(std::span<const RouteChange> changes) {
  for (const RouteChange& change : changes)
    if (change.route)
      fib.insert_or_assign(change.prefix, *change.route);
    else
      fib.erase(change.prefix);
}

void OspfNet::Router::event(const char* severity, const char* kind, std::string subject,
                            std::string message) {
  net->events.push_back(std::to_string(net->now_.seconds()) + " router " + std::to_string(place) +
                        " " + severity + " " + kind + " " + subject + ": " + message);
}

void OspfNet::carry(size_t router, size_t place, Ip4Addr destination,
                    std::span<const uint8_t> packet) {
  Wire& wire = wires_[place];
  ++packets_;
  if (!wire.up || wire.silent) return;
  if (filter && !filter(place, router, packet)) return;
  for (size_t to = 0; to < wire.ports.size(); ++to) {
    const Port& port = wire.ports[to];
    if (port.router == router || !is_alive(port.router)) continue;
    if (!destination.is_multicast() && destination != port.address) continue;
    if (wire.loss > 0 && random_.unit() < wire.loss) continue;
    flights_.push({now_ + kFlight,
                   ++sent_,
                   place,
                   to,
                   address_on(router, place),
                   destination,
                   {packet.begin(), packet.end()}});
  }
}

void OspfNet::deliver(const Flight& flight) {
  const Wire& wire = wires_[flight.wire];
  const Port& port = wire.ports[flight.to];
  if (!wire.up || !is_alive(port.router)) return;
  instance(port.router)
      .receive(port.interface, flight.source, flight.destination, flight.packet, now_);
}

void OspfNet::run(Nanos span) {
  const Nanos end = now_ + span;
  while (true) {
    Nanos next = Nanos::never();
    for (const auto& router : routers_)
      if (router->instance) next = std::min(next, router->instance->step(now_));
    if (!flights_.empty()) next = std::min(next, flights_.top().arrives);
    if (next > end) break;
    now_ = std::max(now_, next);
    while (!flights_.empty() && flights_.top().arrives <= now_) {
      const Flight flight = flights_.top();
      flights_.pop();
      deliver(flight);
    }
  }
  now_ = end;
}

std::optional<Nanos> OspfNet::run_until(Nanos most, const std::function<bool()>& done) {
  for (const Nanos begun = now_; now_ - begun <= most; run(millis(10)))
    if (done()) return now_ - begun;
  return std::nullopt;
}

NeighbourState OspfNet::state_between(size_t router, size_t neighbour) {
  NeighbourState best = NeighbourState::kDown;
  if (!is_alive(router)) return best;
  for (const NeighbourView& view : instance(router).neighbours(now_))
    if (view.router == id_of(neighbour)) best = std::max(best, view.state);
  return best;
}

bool OspfNet::all_adjacent() {
  return std::ranges::all_of(wires_, [this](const Wire& wire) { return is_adjacent(wire); });
}

bool OspfNet::is_adjacent(const Wire& wire) {
  if (!wire.up || wire.silent) return true;
  const auto is_there = [this](const Port& port) {
    return is_alive(port.router) && !port.settings.passive;
  };
  const auto there = static_cast<size_t>(std::ranges::count_if(wire.ports, is_there));
  const auto eligible = static_cast<size_t>(std::ranges::count_if(
      wire.ports, [&](const Port& port) { return is_there(port) && port.settings.priority > 0; }));
  for (const Port& port : wire.ports) {
    if (!is_there(port)) continue;
    for (const InterfaceView& view : instance(port.router).interfaces(now_)) {
      if (view.interface != port.interface) continue;
      const bool to_all =
          view.state >= InterfaceState::kBackup || view.state == InterfaceState::kPointToPoint;
      const size_t wanted = to_all ? there - 1 : std::min<size_t>(2, eligible);
      if (view.neighbours != there - 1 || view.full != wanted) return false;
    }
  }
  return true;
}

std::string OspfNet::picture() {
  std::string text;
  for (size_t router = 0; router < size(); ++router) {
    if (!is_alive(router)) continue;
    for (const InterfaceView& view : instance(router).interfaces(now_)) {
      text += "router " + std::to_string(router) + " interface " +
              std::to_string(view.interface.value) + " on wire " +
              std::to_string(routers_[router]->wires.at(view.interface)) + " " +
              std::string(to_string(view.state)) + " dr " + view.designated.to_string() + " bdr " +
              view.backup.to_string() + " priority " + std::to_string(view.settings.priority) +
              "\n";
      for (const NeighbourView& neighbour : instance(router).neighbours(now_))
        if (neighbour.interface == view.interface)
          text += "    " + neighbour.address.to_string() + " " +
                  std::string(to_string(neighbour.state)) + " requests " +
                  std::to_string(neighbour.requests) + " retransmissions " +
                  std::to_string(neighbour.retransmissions) + " descriptions " +
                  std::to_string(neighbour.descriptions) + "\n";
    }
  }
  return text;
}

std::vector<std::string> OspfNet::database(size_t router) {
  std::vector<std::string> lines;
  instance(router).each_lsa(now_, [&lines](const Lsa& lsa) {
    const LsaHeader& header = lsa.header;
    lines.push_back(std::to_string(static_cast<int>(header.key.type)) + " " +
                    Ip4Addr(header.key.id.value).to_string() + " by " +
                    Ip4Addr(header.key.router.value).to_string() + " sequence " +
                    std::to_string(static_cast<uint32_t>(header.sequence.value)) + " checksum " +
                    std::to_string(header.checksum) + (header.is_max_age() ? " at MaxAge" : ""));
  });
  std::ranges::sort(lines);
  return lines;
}

}  // namespace spanway::ospf
