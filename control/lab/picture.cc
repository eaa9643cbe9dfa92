// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/picture.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "control/lab/lab.h"

namespace spanway::lab {
namespace {

// A router at the end of a wire, as it stands.
struct End {
  size_t router = 0;
  bool speaks = false, full = false;
  uint32_t cost = 0;
};

// Who stands at which end of a wire, by device: "sim:r1-r2.a".
std::map<std::string, End> ends_of(Lab& lab) {
  std::map<std::string, End> out;
  const std::vector<RouterPlan>& routers = lab.plan().routers;
  for (size_t r = 0; r < routers.size(); ++r) {
    daemon::Engine& engine = *lab.router(routers[r].name);
    std::map<IfIndex, uint32_t> costs;
    std::set<IfIndex> full;
    if (const ospf::Instance* instance = engine.ospf().instance()) {
      for (const ospf::InterfaceView& one : instance->interfaces(engine.now()))
        if (!one.settings.passive) costs[one.interface] = one.settings.cost;
      for (const ospf::NeighbourView& one : instance->neighbours(engine.now()))
        if (one.state == ospf::NeighbourState::kFull) full.insert(one.interface);
    }
    for (const config::Port& port : routers[r].config.ports) {
      End end{r};
      if (const daemon::NamedInterface* interface = engine.interfaces().find(port.name)) {
        const auto cost = costs.find(interface->index);
        end.speaks = cost != costs.end();
        end.cost = end.speaks ? cost->second : 0;
        end.full = full.contains(interface->index);
      }
      out.emplace(port.device, end);
    }
  }
  return out;
}

Picture::State state_of(bool cut, const End& a, const End& b) {
  if (cut) return Picture::State::kCut;
  if (!a.speaks || !b.speaks) return Picture::State::kStatic;
  return a.full && b.full ? Picture::State::kFull : Picture::State::kBetween;
}

}  // namespace

Picture picture_of(Lab& lab) {
  const Plan& plan = lab.plan();
  Picture out;
  out.title = plan.name;
  for (const RouterPlan& router : plan.routers)
    out.nodes.push_back({router.name, router.label, router.place, false});
  std::map<std::string, size_t> hosts;  // by wire
  for (const HostPlan& host : plan.hosts) {
    hosts[host.wire] = out.nodes.size();
    out.nodes.push_back({host.name, "", std::nullopt, true});
  }
  const auto ends = ends_of(lab);
  for (const sim::WireState& wire : lab.network().wires()) {
    const auto a = ends.find("sim:" + wire.name + ".a"), b = ends.find("sim:" + wire.name + ".b");
    const auto host = hosts.find(wire.name);
    if (a == ends.end() || (b == ends.end() && host == hosts.end())) continue;
    const End far = b != ends.end() ? b->second : End{host->second};
    out.wires.push_back({a->second.router, far.router, state_of(wire.cut, a->second, far),
                         a->second.cost, far.cost});
  }
  return out;
}

}  // namespace spanway::lab
