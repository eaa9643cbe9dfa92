// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/source_address.h"

namespace spanway::stage {
namespace {

using table::Interface;

const IpAddr* first4(const Interface& interface) noexcept {
  for (const IpWithLength& own : interface.addresses)
    if (own.addr.is4()) return &own.addr;
  return nullptr;
}

const IpAddr* first6(const Interface& interface, bool link_local) noexcept {
  for (const IpWithLength& own : interface.addresses)
    if (own.addr.is6() && own.addr.v6().is_link_local() == link_local) return &own.addr;
  return nullptr;
}

}  // namespace

std::optional<Ip4Addr> source4(const table::InterfaceSet& interfaces, IfIndex at) noexcept {
  const Interface* here = interfaces.get(at);
  const IpAddr* found = here != nullptr ? first4(*here) : nullptr;
  for (const Interface& other : interfaces.all())
    if (found == nullptr) found = first4(other);
  if (found == nullptr) return std::nullopt;
  return found->v4();
}

std::optional<Ip6Addr> source6(const table::InterfaceSet& interfaces, IfIndex at,
                               const Ip6Addr& to) noexcept {
  const bool link_local = to.is_link_local();
  const Interface* here = interfaces.get(at);
  const IpAddr* found = here != nullptr ? first6(*here, link_local) : nullptr;
  if (!link_local)
    for (const Interface& other : interfaces.all())
      if (found == nullptr) found = first6(other, false);
  if (found == nullptr) return std::nullopt;
  return found->v6();
}

}  // namespace spanway::stage
