// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/external_ids.h"

namespace spanway::ospf {

std::optional<LinkStateId> ExternalIds::find(const Prefix4& prefix) const {
  const auto at = by_prefix_.find(prefix);
  if (at == by_prefix_.end()) return std::nullopt;
  return at->second;
}

std::optional<ExternalIds::Given> ExternalIds::give(const Prefix4& prefix) {
  if (const auto known = find(prefix)) return Given{*known};
  if (const auto id = free_id(prefix)) {
    assign(prefix, *id);
    return Given{*id};
  }
  // A host has but its address. Whoever has that ID is a shorter prefix, and those have others.
  const LinkStateId wanted{prefix.addr().value()};
  const Prefix4 holder = by_id_.at(wanted.value);
  const auto other = free_id(holder);
  if (!other || holder.length() >= prefix.length()) return std::nullopt;
  assign(holder, *other);
  assign(prefix, wanted);
  return Given{wanted, holder};
}

void ExternalIds::take_back(const Prefix4& prefix) {
  const auto at = by_prefix_.find(prefix);
  if (at == by_prefix_.end()) return;
  by_id_.erase(at->second.value);
  by_prefix_.erase(at);
}

// The address itself, then all host bits set, then all but the lowest, and so on.
std::optional<LinkStateId> ExternalIds::free_id(const Prefix4& prefix) const {
  const uint32_t address = prefix.addr().value(), hosts = ~mask4(prefix.length());
  if (!by_id_.contains(address)) return LinkStateId{address};
  for (uint32_t bits = hosts; bits != 0; bits = bits << 1 & hosts)
    if (!by_id_.contains(address | bits)) return LinkStateId{address | bits};
  return std::nullopt;
}

void ExternalIds::assign(const Prefix4& prefix, LinkStateId id) {
  by_prefix_[prefix] = id;
  by_id_[id.value] = prefix;
}

}  // namespace spanway::ospf
