// SPDX-License-Identifier: BSD-3-Clause
#include "bench/ospf/area.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace spanway::bench {

using namespace ospf;

namespace {

std::shared_ptr<const Lsa> made(const LsaKey& key, LsaBody body) {
  Lsa lsa;
  lsa.header.options = 2;  // E: externals are known here
  lsa.header.key = key;
  lsa.body = std::move(body);
  return std::make_shared<const Lsa>(std::move(lsa));
}

constexpr uint16_t kDearest = 20;             // of a link as it was
constexpr size_t kStride = 41;                // from the router of one change to that of the next
constexpr uint32_t kSubnets = 0xac20'0000;    // 172.32.0.0, /30 each
constexpr uint32_t kExternals = 0x6400'0000;  // 100.0.0.0, /24 each

void make_other(RouterLink& link) {
  const bool dear = link.metric > kDearest;
  link.metric = static_cast<uint16_t>(dear ? link.metric - kDearest : link.metric + kDearest);
}

}  // namespace

Area::Area(size_t routers, size_t externals, uint64_t seed)
    : random_(seed), routers_(routers), externals_(externals), building_(routers + 1) {
  for (size_t i = 2; i <= routers; ++i)
    building_[i].links.push_back({LinkType::kStub, id(i).value, ~uint32_t{0}, 0});
  building_[2].links.push_back({LinkType::kPointToPoint, id(1).value, kNext.value(), kCost});
  building_[2].links.push_back({LinkType::kStub, kOurs.value() & mask4(30), mask4(30), kCost});
  // A tree, so that everything is reached, and as many links again.
  for (size_t i = 3; i <= routers; ++i) link(i, 2 + random_.below(i - 2));
  for (size_t i = 3; i <= routers; ++i) {
    const size_t a = 2 + random_.below(routers - 1), b = 2 + random_.below(routers - 1);
    if (a != b) link(a, b);
  }
  building_[routers].external = externals != 0;
  for (size_t i = 2; i <= routers; ++i)
    lsas_.push_back(made({LsaType::kRouter, LinkStateId{id(i).value}, id(i)}, building_[i]));
  for (size_t i = 0; i < externals; ++i)
    lsas_.push_back(made({LsaType::kExternal,
                          LinkStateId{kExternals + (static_cast<uint32_t>(i) << 8)}, id(routers)},
                         ExternalLsa{.mask = Ip4Addr(mask4(24)), .type2 = true, .metric = 20}));
  building_.clear();
}

void Area::link(size_t a, size_t b) {
  const uint32_t subnet = kSubnets + 4 * subnets_++;
  for (const auto& [from, to, host] : {std::tuple(a, b, 1u), std::tuple(b, a, 2u)}) {
    const auto cost = static_cast<uint16_t>(1 + random_.below(kDearest));
    auto& links = building_[from].links;
    links.push_back({LinkType::kPointToPoint, id(to).value, subnet + host, cost});
    links.push_back({LinkType::kStub, subnet, mask4(30), cost});
  }
}

std::shared_ptr<const Lsa> Area::own(uint16_t cost) const {
  return made({LsaType::kRouter, LinkStateId{id(1).value}, id(1)},
              RouterLsa{.links = {{LinkType::kPointToPoint, id(2).value, kOurs.value(), cost},
                                  {LinkType::kStub, kOurs.value() & mask4(30), mask4(30), cost}}});
}

Root Area::root() { return {{{IfIndex{1}, kNext}, {IfIndex{1}, {}}}, {kOurs}}; }

std::shared_ptr<const Lsa> Area::next(size_t at, LsaBody body) {
  Lsa lsa = *lsas_[at];
  ++lsa.header.sequence.value;
  lsa.body = std::move(body);
  return lsas_[at] = std::make_shared<const Lsa>(std::move(lsa));
}

// A link away from us: back to us nobody's path leads. Not of the router of the change before: a
// router may say something new only once in a second.
std::shared_ptr<const Lsa> Area::change_link() {
  while (true) {
    const size_t at = (routers_ / 2 + kStride * changed_++) % (routers_ - 1);
    RouterLsa body = std::get<RouterLsa>(lsas_[at]->body);
    const auto away = std::ranges::find_if(body.links, [&](const RouterLink& link) {
      return link.type == LinkType::kPointToPoint && link.id > lsas_[at]->header.key.id.value;
    });
    if (away == body.links.end()) continue;
    make_other(*away);
    return next(at, std::move(body));
  }
}

std::shared_ptr<const Lsa> Area::change_near() {
  RouterLsa body = std::get<RouterLsa>(lsas_[0]->body);
  for (RouterLink& link : body.links)
    if (link.type == LinkType::kPointToPoint && link.id != id(1).value) make_other(link);
  return next(0, std::move(body));
}

std::shared_ptr<const Lsa> Area::change_stub() {
  const size_t at = random_.below(routers_ - 1);
  RouterLsa body = std::get<RouterLsa>(lsas_[at]->body);
  body.links[0].metric ^= 1;
  return next(at, std::move(body));
}

std::shared_ptr<const Lsa> Area::change_external() {
  const size_t at = routers_ - 1 + random_.below(externals_);
  ExternalLsa body = std::get<ExternalLsa>(lsas_[at]->body);
  body.metric ^= 1;
  return next(at, body);
}

}  // namespace spanway::bench
