// SPDX-License-Identifier: BSD-3-Clause
// Our own addresses on one interface: announced (RFC 5227 section 2.3, RFC 4861 section 7.2.6),
// tested for duplicates (RFC 5227 section 2.1, RFC 4862 section 5.4) and defended (RFC 5227 section
// 2.4, choice c).
//
// Control thread.
#pragma once

#include <vector>

#include "control/neighbour/entry.h"
#include "control/neighbour/nd_message.h"
#include "control/neighbour/settings.h"
#include "dataplane/base/random.h"

namespace spanway::neighbour {

class OwnEvents {
 public:
  virtual ~OwnEvents() = default;
  virtual void announce(const IpAddr& own) = 0;
  // Ask whether anybody has `own` already.
  virtual void probe(Ip4Addr own) = 0;
  virtual void detect(const Ip6Addr& own, const Nonce& nonce, Nanos now) = 0;
  virtual void on_ready(const IpAddr& own, Nanos now) = 0;
  virtual void on_lost(const IpAddr& own) = 0;
  virtual void on_duplicate(const IpAddr& own, const EtherAddr& who) = 0;
};

class OwnAddresses {
 public:
  OwnAddresses(OwnEvents& events, const Settings& settings, Random& random);

  // The whole set; what stays in it is left alone. `probed` false: IPv4 addresses are ready at
  // once, those too that are being probed.
  void set(const std::vector<IpWithLength>& addresses, bool probed, Nanos now);
  // All lost: the link went down.
  void clear();

  // Somebody else spoke as, or detected, `ip`. Nothing happens unless it is ours.
  void on_conflict(const IpAddr& ip, const EtherAddr& who, Nanos now);
  // A detection probe for `ip`; `nonce` is null when it had none. True when it was another's, for a
  // tentative address of ours.
  bool on_detection(const IpAddr& ip, const Nonce* nonce, const EtherAddr& who);

  void step(Nanos now);
  [[nodiscard]] Nanos next_deadline() const;

  [[nodiscard]] bool has(const IpAddr& ip) const { return find(ip) != nullptr; }
  [[nodiscard]] bool is_ready(const IpAddr& ip) const;
  [[nodiscard]] bool is_tentative(const IpAddr& ip) const;
  // True when an address of ours, ready or not, has `ip` in its subnet.
  [[nodiscard]] bool on_link(const IpAddr& ip) const;
  // What to speak as towards `target`: of its family, ready, from its subnet when there is one.
  [[nodiscard]] const IpAddr* source_for(const IpAddr& target) const;
  // The solicited-node groups of all our IPv6 addresses, each once.
  [[nodiscard]] std::vector<Ip6Addr> groups() const;
  [[nodiscard]] std::vector<OwnAddress> list() const;

 private:
  struct Own {
    IpWithLength address;
    AddressState state = AddressState::kTentative;
    unsigned left = 0;  // detection probes or announcements still to be sent
    Nanos deadline = Nanos::never();
    bool defended = false;  // then not again before defend_after
    Nanos defend_after{};
    Nonce nonce{};
  };
  [[nodiscard]] const Own* find(const IpAddr& ip) const;
  Own* find(const IpAddr& ip);
  void begin(Own& own, Nanos now);
  void ask(Own& own, Nanos now);
  void become_ready(Own& own, Nanos now);
  void become_duplicate(Own& own, const EtherAddr& who);
  void due(Own& own, Nanos now);
  void announce(Own& own, Nanos now);

  OwnEvents& events_;
  const Settings& settings_;
  Random& random_;
  std::vector<Own> owns_;
};

}  // namespace spanway::neighbour
