// SPDX-License-Identifier: BSD-3-Clause
// The subnets that a Config's interfaces stand in, and what may stand there. Any thread.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"

namespace spanway::config {

struct IpHash {
  size_t operator()(const IpAddr& ip) const noexcept;
};
struct PrefixHash {
  size_t operator()(const Prefix& prefix) const noexcept;
};

// Whether one interface may have this address: a unicast host, not the subnet's own or broadcast.
[[nodiscard]] Status check_host(const IpWithLength& address);
// Whether a route may lead there: unicast, not loopback, not reserved. The default route may.
[[nodiscard]] Status check_destination(const Prefix& prefix);

struct Overlap {
  size_t owner = 0, other_owner = 0;  // the earlier interface first
  IpWithLength address, other;
  bool same_address = false;
};

class Subnets {
 public:
  static constexpr size_t kAny = ~size_t{0};

  void add(const IpWithLength& address, size_t owner);
  // Link-local addresses belong to their link and may repeat. Two addresses of one interface may
  // share a subnet.
  [[nodiscard]] std::vector<Overlap> overlaps() const;
  [[nodiscard]] bool is_ours(const IpAddr& ip) const;  // link-local addresses aside
  // Whether `ip` is a host of a subnet of `owner`.
  [[nodiscard]] bool reaches(const IpAddr& ip, size_t owner = kAny) const;

 private:
  struct Entry {
    IpWithLength address;
    size_t owner;
  };
  std::vector<Entry> entries_;
  std::unordered_set<IpAddr, IpHash> ours_;
  std::unordered_multimap<Prefix, size_t, PrefixHash> owners_;
  std::vector<unsigned> lengths4_, lengths6_;  // each once
};

}  // namespace spanway::config
