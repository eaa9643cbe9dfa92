// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <optional>
#include <utility>

#include "control/config/diff.h"
#include "control/config/route_index.h"

namespace spanway::config {
namespace {

// Up to so many changes are looked up by a walk over the routes instead of an index of them all.
constexpr size_t kFewChanges = 16;

Status missing(const std::string& what) {
  return Error{ErrorCode::kNotFound, "there is no " + what, {}};
}
Status taken(const std::string& what) {
  return Error{ErrorCode::kExists, what + " is there already", {}};
}

// A wrong "before" would make a wrong way back.
Status differs(const Route& route) {
  return Error{ErrorCode::kInvalid,
               "route " + route.prefix.to_string() + " is not as the change says",
               "look at it again"};
}

// Edits the routes in place and can take all of it back. Removed ones keep their place until
// finish(), so that positions hold.
class RouteEdit {
 public:
  RouteEdit(std::vector<Route>& routes, size_t changes) : routes_(routes), size_(routes.size()) {
    if (changes > kFewChanges) index_ = index_routes(routes);
  }

  Status add(const Route& route) {
    if (find(route) != kNone) return taken("route " + route.prefix.to_string());
    if (index_) index_->insert_or_assign(RouteKey(route), routes_.size());
    routes_.push_back(route);
    return {};
  }
  Status remove(const Route& route) {
    const size_t at = find(route);
    if (at == kNone) return missing("route " + route.prefix.to_string());
    if (routes_[at] != route) return differs(route);
    if (index_) index_->erase(RouteKey(route));
    removed_.push_back(at);
    return {};
  }
  Status change(const Route& before, const Route& after) {
    const size_t at = find(before);
    if (at == kNone) return missing("route " + before.prefix.to_string());
    if (routes_[at] != before || RouteKey(before) != RouteKey(after)) return differs(before);
    replaced_.emplace_back(at, std::exchange(routes_[at], after));
    return {};
  }

  void finish() {
    if (removed_.empty()) return;
    std::vector<bool> gone(routes_.size());
    for (const size_t at : removed_) gone[at] = true;
    size_t kept = 0;
    for (size_t i = 0; i < routes_.size(); ++i) {
      if (gone[i]) continue;
      if (kept != i) routes_[kept] = std::move(routes_[i]);
      ++kept;
    }
    routes_.resize(kept);
  }
  void cancel() {
    while (!replaced_.empty()) {
      routes_[replaced_.back().first] = std::move(replaced_.back().second);
      replaced_.pop_back();
    }
    routes_.resize(size_);
  }

 private:
  static constexpr size_t kNone = ~size_t{0};
  size_t find(const Route& route) const {
    const RouteKey key(route);
    if (index_) {
      const auto at = index_->find(key);
      return at == index_->end() ? kNone : at->second;
    }
    for (size_t i = 0; i < routes_.size(); ++i)
      if (RouteKey(routes_[i]) == key &&
          std::find(removed_.begin(), removed_.end(), i) == removed_.end())
        return i;
    return kNone;
  }

  std::vector<Route>& routes_;
  size_t size_;
  std::optional<RouteIndex> index_;
  std::vector<size_t> removed_;
  std::vector<std::pair<size_t, Route>> replaced_;
};

template <class T>
auto find_named(std::vector<T>& items, const std::string& name) {
  return std::find_if(items.begin(), items.end(), [&](const T& i) { return i.name == name; });
}

struct Patcher {
  Config& config;
  RouteEdit& routes;

  Status operator()(const PortAdded& c) { return add(config.ports, c.port, "port "); }
  Status operator()(const PortRemoved& c) { return remove(config.ports, c.port.name, "port "); }
  Status operator()(const PortChanged& c) { return change(config.ports, c.after, "port "); }
  Status operator()(const VlanAdded& c) { return add(config.vlans, c.vlan, "VLAN "); }
  Status operator()(const VlanRemoved& c) { return remove(config.vlans, c.vlan.name, "VLAN "); }
  Status operator()(const VlanChanged& c) { return change(config.vlans, c.after, "VLAN "); }
  Status operator()(const AddressAdded& c) {
    auto* addresses = addresses_of(c.interface);
    if (addresses == nullptr) return missing("interface " + c.interface);
    if (std::find(addresses->begin(), addresses->end(), c.address) != addresses->end())
      return taken("address " + c.address.to_string() + " of " + c.interface);
    addresses->push_back(c.address);
    return {};
  }
  Status operator()(const AddressRemoved& c) {
    auto* addresses = addresses_of(c.interface);
    if (addresses == nullptr) return missing("interface " + c.interface);
    const auto at = std::find(addresses->begin(), addresses->end(), c.address);
    if (at == addresses->end())
      return missing("address " + c.address.to_string() + " on " + c.interface);
    addresses->erase(at);
    return {};
  }
  Status operator()(const NeighbourAdded& c) {
    if (find(c.neighbour) != config.neighbours.end())
      return taken("neighbour " + c.neighbour.ip.to_string() + " on " + c.neighbour.interface);
    config.neighbours.push_back(c.neighbour);
    return {};
  }
  Status operator()(const NeighbourRemoved& c) {
    const auto at = find(c.neighbour);
    if (at == config.neighbours.end())
      return missing("neighbour " + c.neighbour.ip.to_string() + " on " + c.neighbour.interface);
    config.neighbours.erase(at);
    return {};
  }
  Status operator()(const NeighbourChanged& c) {
    const auto at = find(c.after);
    if (at == config.neighbours.end())
      return missing("neighbour " + c.after.ip.to_string() + " on " + c.after.interface);
    *at = c.after;
    return {};
  }
  Status operator()(const RouteAdded& c) { return routes.add(c.route); }
  Status operator()(const RouteRemoved& c) { return routes.remove(c.route); }
  Status operator()(const RouteChanged& c) { return routes.change(c.before, c.after); }
  Status operator()(const IcmpChanged& c) { return assign(config.icmp, c.after); }
  Status operator()(const TransportChanged& c) { return assign(config.transport, c.after); }
  Status operator()(const OspfChanged& c) { return assign(config.ospf, c.after); }
  Status operator()(const DaemonChanged& c) { return assign(config.daemon, c.after); }
  Status operator()(const ControlChanged& c) { return assign(config.control, c.after); }

 private:
  template <class T>
  static Status assign(T& to, const T& value) {
    to = value;
    return {};
  }
  template <class T>
  static Status add(std::vector<T>& items, const T& item, const std::string& kind) {
    if (find_named(items, item.name) != items.end()) return taken(kind + item.name);
    items.push_back(item);
    return {};
  }
  template <class T>
  static Status remove(std::vector<T>& items, const std::string& name, const std::string& kind) {
    const auto at = find_named(items, name);
    if (at == items.end()) return missing(kind + name);
    items.erase(at);
    return {};
  }
  // Addresses have changes of their own.
  template <class T>
  static Status change(std::vector<T>& items, const T& after, const std::string& kind) {
    const auto at = find_named(items, after.name);
    if (at == items.end()) return missing(kind + after.name);
    std::vector<IpWithLength> addresses = std::move(at->addresses);
    *at = after;
    at->addresses = std::move(addresses);
    return {};
  }
  std::vector<IpWithLength>* addresses_of(const std::string& interface) {
    if (const auto at = find_named(config.ports, interface); at != config.ports.end())
      return &at->addresses;
    if (const auto at = find_named(config.vlans, interface); at != config.vlans.end())
      return &at->addresses;
    return nullptr;
  }
  std::vector<Neighbour>::iterator find(const Neighbour& n) {
    return std::find_if(
        config.neighbours.begin(), config.neighbours.end(),
        [&](const Neighbour& o) { return o.interface == n.interface && o.ip == n.ip; });
  }
};

}  // namespace

Status patch(Config& config, const std::vector<Change>& changes) {
  std::vector<Route> routes = std::move(config.routes);  // too many to copy for a way back
  config.routes.clear();
  const Config before = config;
  RouteEdit edit(routes, changes.size());
  Patcher patcher{config, edit};
  Status status;
  for (const Change& change : changes) {
    status = std::visit(patcher, change);
    if (!status) break;
  }
  if (status) {
    edit.finish();
  } else {
    edit.cancel();
    config = before;
  }
  config.routes = std::move(routes);
  return status;
}

}  // namespace spanway::config
