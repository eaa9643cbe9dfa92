// SPDX-License-Identifier: BSD-3-Clause
// The layer-3 interfaces of one engine by name, as configured and as they stand. Control thread.
//
// An address counts for workers once it is ready: IPv6 only after duplicate address detection.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/daemon/ports.h"
#include "control/neighbour/neighbours.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"
#include "dataplane/table/interface.h"

namespace spanway::daemon {

struct NamedInterface {
  std::string name;
  IfIndex index = kNoInterface;
  PortId port{};
  std::string port_name;
  uint16_t vlan = 0;
  uint16_t mtu = 1500;
  bool admin_up = true;
  bool point_to_point = false;  // neighbour::InterfaceConfig says what follows from it
  std::vector<IpWithLength> configured;
  std::set<IpAddr> ready;            // may hold a link-local address that was not configured
  std::vector<Ip6Addr> tentative{};  // under duplicate address detection
};

class Interfaces {
 public:
  explicit Interfaces(Ports& ports) : ports_(ports) {}

  Result<NamedInterface*> add(const std::string& name, const OpenPort& port, uint16_t vlan,
                              uint16_t mtu, bool up);
  void remove(const std::string& name);
  [[nodiscard]] NamedInterface* find(const std::string& name) noexcept;
  [[nodiscard]] NamedInterface* find(IfIndex index) noexcept;
  // In order of index.
  [[nodiscard]] std::vector<NamedInterface*> all() noexcept;
  // "p0", or "?" for an index that is gone.
  [[nodiscard]] std::string name_of(IfIndex index) noexcept;

  [[nodiscard]] bool is_up(const NamedInterface& interface) noexcept;
  // It, or its port, is down by configuration.
  [[nodiscard]] bool is_admin_down(const NamedInterface& interface) noexcept;
  // Every configured address may be used.
  [[nodiscard]] static bool all_ready(const NamedInterface& interface) noexcept;
  [[nodiscard]] EtherAddr mac_of(const NamedInterface& interface) noexcept;

  // As workers and the publisher shall see them, and as the neighbour tables shall.
  [[nodiscard]] std::vector<table::Interface> for_tables() noexcept;
  [[nodiscard]] std::vector<neighbour::InterfaceConfig> for_neighbours() noexcept;

 private:
  Ports& ports_;
  std::map<std::string, NamedInterface> by_name_;
};

}  // namespace spanway::daemon
