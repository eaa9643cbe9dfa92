// SPDX-License-Identifier: BSD-3-Clause
// The neighbour tables of one router: ARP (RFC 826, 5227) and neighbour discovery (RFC 4861, 4862)
// on every interface. The face of this folder.
//
// Control thread. Time is passed in and never goes back; frames are plain bytes, without VLAN tag
// and without frame check sequence; nothing blocks. Every table, and every rate, is bounded.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "control/neighbour/entry.h"
#include "control/neighbour/settings.h"
#include "dataplane/base/random.h"
#include "dataplane/base/result.h"

namespace spanway::neighbour {

class Link;

// Where the tables send what they have to say. A call may come from within any input of Neighbours;
// it must not call back into it.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // A whole Ethernet frame, untagged, at least 60 bytes. The bytes are good for the call only.
  virtual void send_frame(IfIndex interface, std::span<const uint8_t> frame) = 0;
  // A usable MAC: new, changed, or asked for again by on_unresolved.
  virtual void resolved(IfIndex interface, const IpAddr& ip, const EtherAddr& mac) = 0;
  // A question without an answer: whatever waits for it is lost.
  virtual void failed(IfIndex interface, const IpAddr& ip) = 0;
  // A neighbour that was resolved is not usable any more (silent, evicted, removed, link down).
  virtual void gone(IfIndex interface, const IpAddr& ip) = 0;
  // `who` claims an address of ours. At most once in the defence interval for each address.
  virtual void duplicate_address(IfIndex interface, const IpAddr& ip, const EtherAddr& who) = 0;
  // The address may be used: nobody else has it. Also for the link-local address made here.
  virtual void address_ready(IfIndex interface, const IpAddr& ip) = 0;
  // An address once called ready is not any more: removed, link down, or found to be a duplicate.
  virtual void address_lost(IfIndex /*interface*/, const IpAddr& /*ip*/) {}
};

// What the tables need to know of a layer-3 interface.
struct InterfaceConfig {
  IfIndex index = kNoInterface;
  EtherAddr mac;
  bool up = false;  // administratively up and the link is up
  uint16_t mtu = 1500;
  bool ip6 = true;  // make a link-local address (fe80::/64, EUI-64) unless one is configured
  // Two stations and no third: IPv4 addresses are announced at once and not probed first, as who is
  // at the other end is configured; a duplicate is still seen (RFC 5227 section 2.4).
  bool point_to_point = false;
  std::vector<IpWithLength> addresses{};
};

class Neighbours {
 public:
  // `outlet` outlives this object. The seed decides every jitter.
  Neighbours(Outlet& outlet, uint64_t seed, const Settings& settings = {});
  ~Neighbours();

  // The whole set; differences to the last one are acted on (announce, detect, forget). May be
  // called again at any time, with equal content it does nothing.
  void set_interfaces(std::span<const InterfaceConfig> interfaces, Nanos now);

  // Frames as received, from the Ethernet header on. Anything may be in them.
  void on_arp(IfIndex interface, std::span<const uint8_t> frame, Nanos now);
  void on_nd(IfIndex interface, std::span<const uint8_t> frame, Nanos now);
  // Somebody holds a packet for `ip`. Leads to exactly one resolved() or failed(), at once or
  // later; questions about the same address share it.
  void on_unresolved(IfIndex interface, const IpAddr& ip, Nanos now);

  // Runs what is due; the time at which it wants to be called next, Nanos::never() when idle. Call
  // it after every other input too, or ask next_deadline().
  Nanos step(Nanos now);
  [[nodiscard]] Nanos next_deadline() const;

  // Static entries outlive link changes. An error when ip or mac can not be a neighbour.
  Status add_static(IfIndex interface, const IpAddr& ip, const EtherAddr& mac, Nanos now);
  // Forgets an entry, static or learned.
  Status remove(IfIndex interface, const IpAddr& ip, Nanos now);
  // Forgets every learned entry of an interface (kNoInterface: of all).
  void flush(IfIndex interface, Nanos now);

  // In order of interface, then address.
  [[nodiscard]] std::vector<Info> list(Nanos now) const;
  [[nodiscard]] std::vector<OwnAddress> addresses(IfIndex interface) const;
  [[nodiscard]] Counts counts(IfIndex interface) const;
  // nullopt: none that could be used now.
  [[nodiscard]] std::optional<EtherAddr> mac_of(IfIndex interface, const IpAddr& ip) const;

 private:
  Link* find(IfIndex interface) const;

  Outlet& outlet_;
  Settings settings_;
  Random random_;
  std::map<IfIndex, std::unique_ptr<Link>> links_;
  std::map<std::pair<IfIndex, IpAddr>, EtherAddr> statics_;
};

}  // namespace spanway::neighbour
