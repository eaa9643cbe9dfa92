// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/diff.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "control/config/route_index.h"

namespace spanway::config {
namespace {

using Changes = std::vector<Change>;

bool must_reopen(const Port& a, const Port& b) {
  return a.device != b.device || a.queues != b.queues || a.mac != b.mac ||
         a.checksum_offload != b.checksum_offload;
}
bool settings_differ(const Port& a, const Port& b) {
  return a.mtu != b.mtu || a.up != b.up || a.promiscuous != b.promiscuous;
}

template <class T>
T without_addresses(T item) {
  item.addresses.clear();
  return item;
}

// The order of the gateways of a route means nothing.
bool same_route(const Route& a, const Route& b) {
  if (a == b) return true;
  if (a.kind != b.kind || a.via.size() != b.via.size()) return false;
  const auto sorted = [](std::vector<Via> via) {
    std::sort(via.begin(), via.end(), [](const Via& x, const Via& y) {
      return std::tie(x.ip, x.port, x.weight) < std::tie(y.ip, y.port, y.weight);
    });
    return via;
  };
  return sorted(a.via) == sorted(b.via);
}

template <class T>
std::unordered_map<std::string_view, const T*> by_name(const std::vector<T>& items) {
  std::unordered_map<std::string_view, const T*> map;
  for (const T& item : items) map.emplace(item.name, &item);
  return map;
}

class Differ {
 public:
  Differ(const Config& before, const Config& after) : before_(before), after_(after) {}

  Changes run() {
    settings();
    ports();
    vlans();
    addresses();
    neighbours();
    routes();
    return in_order();
  }

 private:
  void settings() {
    if (before_.daemon != after_.daemon)
      settings_.push_back(DaemonChanged{before_.daemon, after_.daemon});
    if (before_.control != after_.control)
      settings_.push_back(ControlChanged{before_.control, after_.control});
    if (before_.ospf != after_.ospf) ospf_.push_back(OspfChanged{before_.ospf, after_.ospf});
    if (before_.icmp != after_.icmp) settings_.push_back(IcmpChanged{before_.icmp, after_.icmp});
    if (before_.transport != after_.transport)
      settings_.push_back(TransportChanged{before_.transport, after_.transport});
  }

  void ports() {
    const auto olds = by_name(before_.ports), news = by_name(after_.ports);
    for (const Port& port : after_.ports) {
      const auto old = olds.find(port.name);
      if (old != olds.end() && !must_reopen(*old->second, port)) {
        kept_ports_.insert(port.name);
        if (settings_differ(*old->second, port))
          port_changed_.push_back(
              PortChanged{without_addresses(*old->second), without_addresses(port)});
      } else {
        port_added_.push_back(PortAdded{without_addresses(port)});
      }
    }
    for (const Port& port : before_.ports)
      if (!kept_ports_.contains(port.name))
        port_removed_.push_back(PortRemoved{without_addresses(port)});
  }

  void vlans() {
    const auto olds = by_name(before_.vlans);
    for (const Vlan& vlan : after_.vlans) {
      const auto at = olds.find(vlan.name);
      const Vlan* old = at == olds.end() ? nullptr : at->second;
      if (old == nullptr || old->port != vlan.port || old->id != vlan.id ||
          !kept_ports_.contains(vlan.port)) {
        vlan_added_.push_back(VlanAdded{without_addresses(vlan)});
        continue;
      }
      kept_vlans_.insert(vlan.name);
      if (old->mtu == vlan.mtu && old->up == vlan.up) continue;
      // An MTU shrinks before its port's does, and grows after it.
      const bool shrinks = vlan.mtu != 0 && (old->mtu == 0 || vlan.mtu < old->mtu);
      (shrinks ? vlan_shrunk_ : vlan_changed_)
          .push_back(VlanChanged{without_addresses(*old), without_addresses(vlan)});
    }
    for (const Vlan& vlan : before_.vlans)
      if (!kept_vlans_.contains(vlan.name))
        vlan_removed_.push_back(VlanRemoved{without_addresses(vlan)});
  }

  void addresses() {
    interface_addresses(before_.ports, after_.ports, kept_ports_);
    interface_addresses(before_.vlans, after_.vlans, kept_vlans_);
  }
  template <class T>
  void interface_addresses(const std::vector<T>& olds, const std::vector<T>& news,
                           const std::unordered_set<std::string_view>& kept) {
    static const std::vector<IpWithLength> none;
    const auto old_by_name = by_name(olds);
    for (const T& item : olds)
      if (!kept.contains(item.name)) address_lists(item.name, item.addresses, none);
    for (const T& item : news)
      address_lists(item.name,
                    kept.contains(item.name) ? old_by_name.at(item.name)->addresses : none,
                    item.addresses);
  }
  void address_lists(const std::string& name, const std::vector<IpWithLength>& olds,
                     const std::vector<IpWithLength>& news) {
    if (olds == news) return;
    for (const Family family : {Family::kIp4, Family::kIp6}) {
      const auto of_family = [family](const std::vector<IpWithLength>& all) {
        std::vector<IpWithLength> out;
        std::copy_if(all.begin(), all.end(), std::back_inserter(out),
                     [family](const IpWithLength& a) { return a.addr.family() == family; });
        return out;
      };
      family_lists(name, of_family(olds), of_family(news));
    }
  }
  // Additions go to the end and the order counts. So the longest head of `news` that stands in
  // `olds` in that order stays; what else is old goes, what else is new comes.
  void family_lists(const std::string& name, const std::vector<IpWithLength>& olds,
                    const std::vector<IpWithLength>& news) {
    size_t stays = 0;
    for (const IpWithLength& old : olds) {
      if (stays < news.size() && old == news[stays])
        ++stays;
      else
        address_removed_.push_back(AddressRemoved{name, old});
    }
    for (size_t i = stays; i < news.size(); ++i)
      address_added_.push_back(AddressAdded{name, news[i]});
  }

  bool stays(const std::string& interface) const {
    return kept_ports_.contains(interface) || kept_vlans_.contains(interface);
  }
  void neighbours() {
    std::map<std::pair<std::string_view, IpAddr>, const Neighbour*> olds;
    for (const Neighbour& n : before_.neighbours)
      if (stays(n.interface))
        olds.emplace(std::pair(std::string_view(n.interface), n.ip), &n);
      else
        neighbour_removed_.push_back(NeighbourRemoved{n});
    for (const Neighbour& n : after_.neighbours) {
      const auto old = olds.find({n.interface, n.ip});
      if (old == olds.end()) {
        neighbour_added_.push_back(NeighbourAdded{n});
        continue;
      }
      if (old->second->mac != n.mac) neighbour_added_.push_back(NeighbourChanged{*old->second, n});
      olds.erase(old);
    }
    for (const auto& [key, old] : olds) neighbour_removed_.push_back(NeighbourRemoved{*old});
  }

  void routes() {
    const std::vector<Route>&olds = before_.routes, &news = after_.routes;
    size_t same = 0;  // the usual case is a few routes more or less at the end
    while (same < olds.size() && same < news.size() && olds[same] == news[same]) ++same;
    if (same == olds.size() && same == news.size()) return;
    const RouteIndex index = index_routes(olds, same);
    std::vector<bool> met(olds.size());
    for (size_t i = same; i < news.size(); ++i) {
      const auto old = index.find(RouteKey(news[i]));
      if (old == index.end()) {
        route_added_.push_back(RouteAdded{news[i]});
        continue;
      }
      met[old->second] = true;
      if (!same_route(olds[old->second], news[i]))
        route_changed_.push_back(RouteChanged{olds[old->second], news[i]});
    }
    for (size_t i = same; i < olds.size(); ++i)
      if (!met[i]) route_removed_.push_back(RouteRemoved{olds[i]});
  }

  Changes in_order() {
    Changes out;
    for (Changes* part :
         {&route_removed_, &neighbour_removed_, &address_removed_, &vlan_removed_, &port_removed_,
          &settings_, &vlan_shrunk_, &port_changed_, &port_added_, &vlan_changed_, &vlan_added_,
          &address_added_, &neighbour_added_, &ospf_, &route_changed_, &route_added_})
      std::move(part->begin(), part->end(), std::back_inserter(out));
    return out;
  }

  const Config& before_;
  const Config& after_;
  std::unordered_set<std::string_view> kept_ports_, kept_vlans_;
  Changes settings_, ospf_, port_added_, port_changed_, port_removed_, vlan_added_, vlan_changed_,
      vlan_shrunk_, vlan_removed_, address_added_, address_removed_, neighbour_added_,
      neighbour_removed_, route_added_, route_changed_, route_removed_;
};

}  // namespace

Changes diff(const Config& before, const Config& after) { return Differ(before, after).run(); }

}  // namespace spanway::config
