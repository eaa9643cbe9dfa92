// SPDX-License-Identifier: BSD-3-Clause
// Link State IDs for the destinations outside that this router announces (RFC 2328 appendix E): the
// network's address, or with some host bits set where another prefix of the same address has it.
// Control thread.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>

#include "control/ospf/ids.h"
#include "dataplane/base/prefix.h"

namespace spanway::ospf {

class ExternalIds {
 public:
  struct Given {
    LinkStateId id;
    // Who had this ID until now and has another from now on; a host route can have but one.
    std::optional<Prefix4> moved{};
  };
  // The ID of `prefix`, for as long as it is not taken back. nullopt: every ID that it could have
  // is in use.
  std::optional<Given> give(const Prefix4& prefix);
  void take_back(const Prefix4& prefix);
  [[nodiscard]] std::optional<LinkStateId> find(const Prefix4& prefix) const;

 private:
  std::optional<LinkStateId> free_id(const Prefix4& prefix) const;
  void assign(const Prefix4& prefix, LinkStateId id);

  std::map<Prefix4, LinkStateId> by_prefix_;
  std::unordered_map<uint32_t, Prefix4> by_id_;
};

}  // namespace spanway::ospf
