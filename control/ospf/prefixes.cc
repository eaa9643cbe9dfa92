// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/prefixes.h"

#include <algorithm>
#include <variant>

namespace spanway::ospf {

std::optional<Prefix4> named_prefix(Ip4Addr address, Ip4Addr mask) noexcept {
  const auto length = mask_length(mask);
  if (!length) return std::nullopt;
  const Prefix4 prefix(address, *length);
  const uint32_t first = prefix.addr().value() >> 24;
  if (*length >= 8 && (first == 0 || first == 127)) return std::nullopt;
  if (*length >= 3 && first >= 224) return std::nullopt;
  return prefix;
}

std::vector<Leaf> leaves(const Lsa& lsa) {
  std::vector<Leaf> all;
  const auto add = [&](Ip4Addr address, Ip4Addr mask, uint32_t metric, uint32_t place) {
    if (const auto prefix = named_prefix(address, mask)) all.push_back({*prefix, metric, place});
  };
  if (const auto* network = std::get_if<NetworkLsa>(&lsa.body)) {
    add(Ip4Addr(lsa.header.key.id.value), network->mask, 0, 0);
  } else if (const auto* router = std::get_if<RouterLsa>(&lsa.body)) {
    for (uint32_t place = 0; place < router->links.size(); ++place) {
      const RouterLink& link = router->links[place];
      if (link.type == LinkType::kStub)
        add(Ip4Addr(link.id), Ip4Addr(link.data), link.metric, place);
    }
  }
  return all;
}

bool same_shape(const Lsa& a, const Lsa& b) {
  if (const auto* network = std::get_if<NetworkLsa>(&a.body))
    return network->attached == std::get<NetworkLsa>(b.body).attached;
  const std::vector<RouterLink>& left = std::get<RouterLsa>(a.body).links;
  const std::vector<RouterLink>& right = std::get<RouterLsa>(b.body).links;
  const auto shapes = [](const RouterLink& link) { return link.type != LinkType::kStub; };
  auto at = right.begin();
  for (const RouterLink& link : left) {
    if (!shapes(link)) continue;
    at = std::find_if(at, right.end(), shapes);
    if (at == right.end() || *at++ != link) return false;
  }
  return std::none_of(at, right.end(), shapes);
}

}  // namespace spanway::ospf
