// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/convergence.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <utility>

namespace spanway::lab {
namespace {

constexpr uint64_t kFar = UINT64_MAX;
constexpr std::string_view kSim = "sim:";

// "r1-r2" of "sim:r1-r2.a"; "" of what stands on no wire.
std::string wire_of(const std::string& device) {
  const size_t dot = device.rfind('.');
  if (!device.starts_with(kSim) || dot == std::string::npos) return "";
  return device.substr(kSim.size(), dot - kSim.size());
}

const config::OspfPort* ospf_of(const config::Config& config, const std::string& port) {
  const auto at = std::ranges::find(config.ospf.ports, port, &config::OspfPort::name);
  return at == config.ospf.ports.end() ? nullptr : &*at;
}

}  // namespace

Convergence::Convergence(Lab& lab) : lab_(lab) {
  const std::vector<RouterPlan>& routers = lab.plan().routers;
  std::map<std::string, std::vector<End>> ends;  // by wire
  std::map<Prefix, std::vector<Owner>> edges;
  for (size_t r = 0; r < routers.size(); ++r) {
    engines_.push_back(lab.router(routers[r].name));
    for (const config::Port& port : routers[r].config.ports) {
      const config::OspfPort* ospf = ospf_of(routers[r].config, port.name);
      if (ospf == nullptr) continue;
      const std::string wire = wire_of(port.device);
      if (!ospf->passive && !wire.empty()) ends[wire].push_back({r, port.name, ospf->cost});
      if (!ospf->passive) continue;
      for (const IpWithLength& address : port.addresses)
        if (address.addr.is4()) edges[address.prefix()].push_back({r, ospf->cost, wire});
    }
  }
  links_of_.resize(routers.size());
  for (const auto& [wire, both] : ends) {
    if (both.size() != 2) continue;
    for (const End& end : both) links_of_[end.router].push_back(links_.size());
    links_.push_back({wire, {both[0], both[1]}});
  }
  for (const auto& [prefix, owners] : edges) subnets_.push_back({prefix, owners, {}});
}

Nanos Convergence::pause() const noexcept {
  return std::max(millis(1), micros(20) * static_cast<int64_t>(engines_.size()));
}

bool Convergence::is_up(const std::string& wire) const {
  return !std::ranges::binary_search(cut_, wire);
}

void Convergence::look_at_wires() {
  std::vector<std::string> cut;
  for (const sim::WireState& wire : lab_.network().wires())
    if (wire.cut) cut.push_back(wire.name);
  if (reckoned_ && cut == cut_) return;
  cut_ = std::move(cut);
  for (Subnet& subnet : subnets_) reckon(subnet);
  reckoned_ = true;
}

// Dijkstra's, from the subnet outwards: what counts is the cost at the far end of each link.
void Convergence::reckon(Subnet& subnet) const {
  subnet.distances.assign(engines_.size(), kFar);
  using Step = std::pair<uint64_t, size_t>;  // distance, router
  std::priority_queue<Step, std::vector<Step>, std::greater<>> open;
  const auto reach = [&](size_t router, uint64_t distance) {
    if (distance >= subnet.distances[router]) return;
    subnet.distances[router] = distance;
    open.emplace(distance, router);
  };
  for (const Owner& owner : subnet.owners)
    if (is_up(owner.wire)) reach(owner.router, owner.cost);
  while (!open.empty()) {
    const auto [distance, router] = open.top();
    open.pop();
    if (distance != subnet.distances[router]) continue;
    for (const size_t link : links_of_[router]) {
      if (!is_up(links_[link].wire)) continue;
      const auto& ends = links_[link].ends;
      const End& far = ends[ends[0].router == router ? 1 : 0];
      reach(far.router, distance + far.cost);
    }
  }
}

bool Convergence::miss(size_t router, const std::string& what) {
  missing_ = lab_.plan().routers[router].name + ": " + what;
  first_ = router;
  return false;
}

bool Convergence::complete() {
  look_at_wires();
  missing_.clear();
  for (size_t i = 0; i < engines_.size(); ++i)
    if (!check((first_ + i) % engines_.size())) return false;
  return true;
}

bool Convergence::check(size_t router) {
  if (links_of_[router].empty() && engines_[router]->ospf().instance() == nullptr) return true;
  if (engines_[router]->ospf().instance() == nullptr) return miss(router, "OSPF does not run");
  return check_neighbours(router) && check_routes(router);
}

bool Convergence::check_neighbours(size_t router) {
  daemon::Engine& engine = *engines_[router];
  const auto neighbours = engine.ospf().instance()->neighbours(engine.now());
  for (const size_t link : links_of_[router]) {
    const auto& ends = links_[link].ends;
    const End& end = ends[ends[0].router == router ? 0 : 1];
    const daemon::NamedInterface* interface = engine.interfaces().find(end.port);
    const bool full =
        interface != nullptr &&
        std::ranges::any_of(neighbours, [&](const ospf::NeighbourView& one) {
          return one.interface == interface->index && one.state == ospf::NeighbourState::kFull;
        });
    if (full != is_up(links_[link].wire))
      return miss(router, full ? "a neighbour is still Full over the cut " + links_[link].wire
                               : "no neighbour is Full over " + links_[link].wire);
  }
  return true;
}

bool Convergence::check_routes(size_t router) {
  for (const Subnet& subnet : subnets_) {
    if (std::ranges::find(subnet.owners, router, &Owner::router) != subnet.owners.end()) continue;
    const auto rows = engines_[router]->rib().candidates(subnet.prefix);
    const auto row = std::ranges::find_if(
        rows, [](const rib::Row& one) { return one.source.origin == rib::Origin::kOspf; });
    const std::string name = subnet.prefix.to_string();
    if (subnet.distances[router] == kFar) {
      if (row != rows.end()) return miss(router, "still has a route to " + name);
      continue;
    }
    if (row == rows.end() || !row->best) return miss(router, "has no route to " + name);
    if (row->source.metric != subnet.distances[router])
      return miss(router, "its route to " + name + " costs " + std::to_string(row->source.metric) +
                              " instead of " + std::to_string(subnet.distances[router]));
  }
  return true;
}

}  // namespace spanway::lab
