// SPDX-License-Identifier: BSD-3-Clause
// One interface: what is heard is sorted between our own addresses and the neighbours, what both
// want to say is put in frames. ARP is in link_arp.cc, ND and MLD in link_nd.cc.
//
// Control thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "control/neighbour/arp_message.h"
#include "control/neighbour/cache.h"
#include "control/neighbour/neighbours.h"
#include "control/neighbour/own_addresses.h"

namespace spanway::neighbour {

class Link final : private CacheEvents, private OwnEvents {
 public:
  Link(IfIndex index, Outlet& outlet, const Settings& settings, Random& random);

  // Acts on the difference to the last call.
  void configure(const InterfaceConfig& config, Nanos now);
  void on_arp(std::span<const uint8_t> frame, Nanos now);
  void on_nd(std::span<const uint8_t> frame, Nanos now);
  void on_unresolved(const IpAddr& ip, Nanos now);
  void set_static(const IpAddr& ip, const EtherAddr& mac, Nanos now);
  bool remove(const IpAddr& ip) { return cache_.remove(ip); }
  void flush();

  void step(Nanos now);
  [[nodiscard]] Nanos next_deadline() const;

  [[nodiscard]] bool up() const { return config_.up; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::vector<OwnAddress> addresses() const { return own_.list(); }
  [[nodiscard]] std::optional<EtherAddr> mac_of(const IpAddr& ip) const {
    return cache_.mac_of(ip);
  }
  void list(Nanos now, std::vector<Info>& out) const { cache_.list(index_, now, out); }

 private:
  // CacheEvents
  void ask(const IpAddr& ip, const EtherAddr* unicast) override;
  void on_resolved(const IpAddr& ip, const EtherAddr& mac) override;
  void on_failed(const IpAddr& ip) override;
  void on_gone(const IpAddr& ip) override;
  // OwnEvents
  void announce(const IpAddr& own) override;
  void probe(Ip4Addr own) override;
  void detect(const Ip6Addr& own, const Nonce& nonce, Nanos now) override;
  void on_ready(const IpAddr& own, Nanos now) override;
  void on_lost(const IpAddr& own) override;
  void on_duplicate(const IpAddr& own, const EtherAddr& who) override;

  void go_down();
  void set_addresses(const InterfaceConfig& config, Nanos now);
  void forget_off_link(const std::vector<OwnAddress>& before);
  // Whether `ip` may be a neighbour on this interface at all.
  [[nodiscard]] bool may_be_neighbour(const IpAddr& ip) const;
  [[nodiscard]] bool is_subnet_edge(Ip4Addr ip) const;
  void conflict(const IpAddr& ip, const EtherAddr& who, Nanos now);
  bool may_answer(Nanos now);
  void send(const std::vector<uint8_t>& frame) { outlet_.send_frame(index_, frame); }

  // ARP
  enum class Sender { kProbe, kNeighbour, kMartian };
  [[nodiscard]] Sender judge(const ArpMessage& message) const;
  void answer_arp(const ArpMessage& request, Nanos now);
  void learn_arp(const ArpMessage& message, bool for_us, Nanos now);
  void ask_arp(Ip4Addr target, const EtherAddr* unicast);

  // ND
  void on_solicit(const NdMessage& message, Nanos now);
  void on_detection_probe(const NdMessage& message, Nanos now);
  void on_advert(const NdMessage& message, Nanos now);
  void on_query(const NdMessage& message, Nanos now);
  void answer_nd(const NdMessage& solicit, Nanos now);
  void send_advert(const Ip6Addr& own, const Ip6Addr& to, const EtherAddr& mac, bool solicited);
  void ask_nd(const Ip6Addr& target, const EtherAddr* unicast);
  void report_soon(Nanos at, unsigned times, GroupRecord record);
  void report(Nanos now);

  const IfIndex index_;
  Outlet& outlet_;
  const Settings& settings_;
  Random& random_;
  InterfaceConfig config_;
  Counts counts_;
  TokenBucket answers_;
  Cache cache_;
  OwnAddresses own_;
  unsigned reports_left_ = 0;
  GroupRecord report_record_ = GroupRecord::kToExclude;
  Nanos report_at_ = Nanos::never();
};

}  // namespace spanway::neighbour
