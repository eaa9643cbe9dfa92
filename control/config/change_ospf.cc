// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/change_ospf.h"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

namespace spanway::config {
namespace {

std::string shown(bool on) { return on ? "true" : "false"; }
std::string shown(const std::optional<Ip4Addr>& id) { return id ? id->to_string() : "none"; }
std::string shown(const std::optional<int64_t>& unix_s) {
  return unix_s ? time_text(*unix_s) : "none";
}
std::string shown(OspfNetwork network) {
  return network == OspfNetwork::kBroadcast ? "broadcast" : "point-to-point";
}
std::string shown(OspfAlgorithm algorithm) { return std::string(name_of(algorithm)); }
std::string shown(OspfDefault when) {
  switch (when) {
    case OspfDefault::kNever:
      return "never";
    case OspfDefault::kAlways:
      return "always";
    case OspfDefault::kIfPresent:
      return "if-present";
  }
  return {};
}
template <class T>
requires std::is_integral_v<T> &&(!std::is_same_v<T, bool>)std::string shown(T number) {
  return std::to_string(number);
}

// What two of a kind differ in. Each list of fields is written once: visit(name, before, after).
template <class Visit>
void each_field(const OspfMetric& a, const OspfMetric& b, Visit visit) {
  visit("metric", a.metric, b.metric);
  visit("type", a.type, b.type);
  visit("tag", a.tag, b.tag);
}
template <class Visit>
void each_field(const OspfPort& a, const OspfPort& b, Visit visit) {
  if (a.area != b.area)
    visit("area", std::optional(Ip4Addr(a.area)), std::optional(Ip4Addr(b.area)));
  visit("cost", a.cost, b.cost);
  visit("type", a.network, b.network);
  visit("hello_interval_s", a.hello_interval_s, b.hello_interval_s);
  visit("dead_interval_s", a.dead_s(), b.dead_s());
  visit("retransmit_interval_s", a.retransmit_interval_s, b.retransmit_interval_s);
  visit("transmit_delay_s", a.transmit_delay_s, b.transmit_delay_s);
  visit("priority", a.priority, b.priority);
  visit("passive", a.passive, b.passive);
  visit("mtu_ignore", a.mtu_ignore, b.mtu_ignore);
}
template <class Visit>
void each_field(const OspfKey& a, const OspfKey& b, Visit visit) {
  visit("algorithm", a.algorithm, b.algorithm);
  visit("accept_from", a.accept_from_s, b.accept_from_s);
  visit("accept_until", a.accept_until_s, b.accept_until_s);
  visit("generate_from", a.generate_from_s, b.generate_from_s);
  visit("generate_until", a.generate_until_s, b.generate_until_s);
}
template <class Visit>
void each_field(const OspfRedistribute& a, const OspfRedistribute& b, Visit visit) {
  each_field(a.as, b.as, visit);
}
template <class Visit>
void each_field(const OspfStub& a, const OspfStub& b, Visit visit) {
  visit("cost", a.cost, b.cost);
}

std::string subject(const OspfPort& p) { return "ospf port " + p.name; }
std::string subject(const OspfKey& k) { return "ospf key " + k.port + " " + std::to_string(k.id); }
std::string subject(const OspfRedistribute& r) {
  return "ospf redistribute " + std::string(name_of(r.origin));
}
std::string subject(const OspfStub& s) { return "ospf stub " + s.prefix.to_string(); }

// What identifies an item, and a fresh one of it.
OspfPort fresh(const OspfPort& p) { return {.name = p.name}; }
OspfKey fresh(const OspfKey& k) { return {.port = k.port, .id = k.id}; }
OspfRedistribute fresh(const OspfRedistribute& r) { return {.origin = r.origin}; }
OspfStub fresh(const OspfStub& s) { return {.prefix = s.prefix}; }

template <class T>
std::string added_words(const T& item) {
  std::string out = "+ " + subject(item);
  each_field(fresh(item), item, [&](const char* name, const auto& standard, const auto& value) {
    if (standard != value) out += std::string(" ") + name + " " + shown(value);
  });
  return out;
}

template <class T>
void changed_words(const T& before, const T& after, std::vector<std::string>& out) {
  each_field(before, after, [&](const char* name, const auto& a, const auto& b) {
    if (a != b)
      out.push_back("~ " + subject(after) + "." + name + " " + shown(a) + "->" + shown(b));
  });
  if constexpr (std::is_same_v<T, OspfKey>)
    if (before.secret != after.secret) out.push_back("~ " + subject(after) + ".secret changed");
}

template <class T>
void list_words(const std::vector<T>& before, const std::vector<T>& after,
                std::vector<std::string>& out) {
  const auto find = [](const std::vector<T>& items, const T& item) -> const T* {
    const auto at = std::find_if(items.begin(), items.end(),
                                 [&](const T& one) { return fresh(one) == fresh(item); });
    return at == items.end() ? nullptr : &*at;
  };
  for (const T& old : before)
    if (find(after, old) == nullptr) out.push_back("- " + subject(old));
  for (const T& item : after) {
    const T* old = find(before, item);
    if (old == nullptr)
      out.push_back(added_words(item));
    else
      changed_words(*old, item, out);
  }
}

}  // namespace

void describe_ospf(const Ospf& before, const Ospf& after, std::vector<std::string>& out) {
  const auto field = [&](const std::string& name, const auto& a, const auto& b) {
    if (a != b) out.push_back("~ ospf." + name + " " + shown(a) + "->" + shown(b));
  };
  field("router_id", before.router_id, after.router_id);
  field("max_paths", before.max_paths, after.max_paths);
  field("preference", before.preference, after.preference);
  field("spf_initial_ms", before.spf_initial_ms, after.spf_initial_ms);
  field("spf_short_ms", before.spf_short_ms, after.spf_short_ms);
  field("spf_long_ms", before.spf_long_ms, after.spf_long_ms);
  field("default_originate", before.default_originate, after.default_originate);
  each_field(before.default_as, after.default_as,
             [&](const char* name, const auto& a, const auto& b) {
               field(std::string("default_") + name, a, b);
             });
  list_words(before.ports, after.ports, out);
  list_words(before.keys, after.keys, out);
  list_words(before.redistribute, after.redistribute, out);
  list_words(before.stubs, after.stubs, out);
}

}  // namespace spanway::config
