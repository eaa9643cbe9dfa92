// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsa_body.h"

#include <algorithm>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"

namespace spanway::ospf {
namespace {

constexpr uint8_t kBorder = 0x01, kExternalRouter = 0x02, kVirtualEnd = 0x04;

struct RouterWire {
  uint8_t flags, zero;
  Be16 links;
};
static_assert(sizeof(RouterWire) == 4);

struct LinkWire {
  Be32 id, data;
  uint8_t type, services;  // so many ServiceWire follow
  Be16 metric;
};
static_assert(sizeof(LinkWire) == 12);

struct ServiceWire {  // a metric for another type of service
  uint8_t service, zero;
  Be16 metric;
};
static_assert(sizeof(ServiceWire) == 4);

struct SummaryWire {
  Ip4Wire mask;
  Be32 metric;  // a byte of zero, then 24 bits; one more such word for each type of service
};
static_assert(sizeof(SummaryWire) == 8);

struct ExternalWire {
  Ip4Wire mask;
  Be32 metric;  // bit E, seven bits of zero, 24 bits
  Ip4Wire forwarding;
  Be32 tag;  // metric to tag come once more for each type of service
};
static_assert(sizeof(ExternalWire) == 16);

constexpr size_t kSummaryServiceBytes = 4, kExternalServiceBytes = 12;
constexpr uint32_t kType2 = 1u << 31;

}  // namespace

std::optional<RouterLsa> parse_router_lsa(Bytes body) {
  RouterWire router;
  if (!take(body, router)) return std::nullopt;
  RouterLsa out{.virtual_link_end = (router.flags & kVirtualEnd) != 0,
                .external = (router.flags & kExternalRouter) != 0,
                .border = (router.flags & kBorder) != 0,
                .links = {}};
  // The count is the sender's word: no more is reserved than the bytes can hold.
  out.links.reserve(std::min<size_t>(router.links.host(), body.size() / sizeof(LinkWire)));
  for (unsigned i = 0; i < router.links.host(); ++i) {
    LinkWire link;
    if (!take(body, link)) return std::nullopt;
    const size_t services = size_t{link.services} * sizeof(ServiceWire);
    if (services > body.size()) return std::nullopt;
    body = body.subspan(services);
    out.links.push_back({.type = static_cast<LinkType>(link.type),
                         .id = link.id.host(),
                         .data = link.data.host(),
                         .metric = link.metric.host()});
  }
  if (!body.empty()) return std::nullopt;
  return out;
}

std::optional<NetworkLsa> parse_network_lsa(Bytes body) {
  Ip4Wire mask;
  // The DR counts itself among the attached, so there is at least one (section 12.4.2).
  if (!take(body, mask) || body.empty() || body.size() % sizeof(Be32) != 0) return std::nullopt;
  NetworkLsa out{.mask = mask.addr(), .attached = {}};
  out.attached.reserve(body.size() / sizeof(Be32));
  for (Be32 router; take(body, router);) out.attached.emplace_back(router.host());
  return out;
}

std::optional<SummaryLsa> parse_summary_lsa(Bytes body) {
  SummaryWire wire;
  if (!take(body, wire) || body.size() % kSummaryServiceBytes != 0) return std::nullopt;
  return SummaryLsa{.mask = wire.mask.addr(), .metric = wire.metric.host() & kLsInfinity};
}

std::optional<ExternalLsa> parse_external_lsa(Bytes body) {
  ExternalWire wire;
  if (!take(body, wire) || body.size() % kExternalServiceBytes != 0) return std::nullopt;
  return ExternalLsa{.mask = wire.mask.addr(),
                     .type2 = (wire.metric.host() & kType2) != 0,
                     .metric = wire.metric.host() & kLsInfinity,
                     .forwarding = wire.forwarding.addr(),
                     .tag = wire.tag.host()};
}

void append_lsa_body(std::vector<uint8_t>& to, const RouterLsa& body) {
  unsigned flags = 0;
  if (body.virtual_link_end) flags |= kVirtualEnd;
  if (body.external) flags |= kExternalRouter;
  if (body.border) flags |= kBorder;
  append(to, RouterWire{.flags = static_cast<uint8_t>(flags),
                        .zero = 0,
                        .links = Be16(static_cast<uint16_t>(body.links.size()))});
  for (const RouterLink& link : body.links)
    append(to, LinkWire{.id = Be32(link.id),
                        .data = Be32(link.data),
                        .type = static_cast<uint8_t>(link.type),
                        .services = 0,
                        .metric = Be16(link.metric)});
}

void append_lsa_body(std::vector<uint8_t>& to, const NetworkLsa& body) {
  append(to, Ip4Wire::of(body.mask));
  for (const RouterId router : body.attached) append(to, Be32(router.value));
}

void append_lsa_body(std::vector<uint8_t>& to, const SummaryLsa& body) {
  append(to, SummaryWire{.mask = Ip4Wire::of(body.mask),
                         .metric = Be32(std::min(body.metric, kLsInfinity))});
}

void append_lsa_body(std::vector<uint8_t>& to, const ExternalLsa& body) {
  const uint32_t metric = std::min(body.metric, kLsInfinity) | (body.type2 ? kType2 : 0);
  append(to, ExternalWire{.mask = Ip4Wire::of(body.mask),
                          .metric = Be32(metric),
                          .forwarding = Ip4Wire::of(body.forwarding),
                          .tag = Be32(body.tag)});
}

}  // namespace spanway::ospf
