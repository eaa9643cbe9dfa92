// SPDX-License-Identifier: BSD-3-Clause
// What the interfaces' addresses say about other addresses. Control thread.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "control/rib/route.h"
#include "dataplane/base/prefix.h"
#include "dataplane/table/interface.h"

namespace spanway::publish {

class Links {
 public:
  Links() = default;
  explicit Links(std::vector<table::Interface> interfaces) : set_(std::move(interfaces)) {}

  // nullptr when there is none.
  [[nodiscard]] const table::Interface* get(IfIndex index) const { return set_.get(index); }
  [[nodiscard]] const table::InterfaceSet& set() const { return set_; }

  // The interface by which a gateway is reached: up, and with the gateway in a subnet of its own,
  // or named by the via when the gateway is link-local. kNoInterface: none.
  [[nodiscard]] IfIndex reach(const rib::Via& via) const;
  // Whether `ip` is another node on a subnet of this interface, which is up.
  [[nodiscard]] bool is_neighbour(IfIndex interface, const IpAddr& ip) const;

  // Connected subnets of what is up; of equal ones the lowest interface's.
  [[nodiscard]] std::map<Prefix, IfIndex> subnets() const;
  // What is ours on what is up: addresses, subnet broadcasts (RFC 1812 section 4.2.2.11 d),
  // subnet-router anycast (RFC 4291 section 2.6.1). All of host length.
  [[nodiscard]] std::set<Prefix> local() const;

 private:
  table::InterfaceSet set_;
};

}  // namespace spanway::publish
