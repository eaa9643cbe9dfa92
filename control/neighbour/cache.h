// SPDX-License-Identifier: BSD-3-Clause
// The neighbours of one interface and their states (RFC 4861 sections 7.2 and 7.3), for ARP and ND
// alike: which question goes out when, and what an answer does.
//
// Control thread. Knows no wire format. Learned entries and open questions are bounded apart, so
// that a scan of absent addresses never displaces a neighbour that answers.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "control/neighbour/entry.h"
#include "control/neighbour/settings.h"
#include "dataplane/base/random.h"
#include "dataplane/base/token_bucket.h"

namespace spanway::neighbour {

// What a cache has to say.
class CacheEvents {
 public:
  virtual ~CacheEvents() = default;
  // Ask who has `ip`: everybody, or the one that `unicast` (when not null) points at.
  virtual void ask(const IpAddr& ip, const EtherAddr* unicast) = 0;
  virtual void on_resolved(const IpAddr& ip, const EtherAddr& mac) = 0;
  virtual void on_failed(const IpAddr& ip) = 0;
  virtual void on_gone(const IpAddr& ip) = 0;
};

// An ND advertisement, or an ARP reply (then solicited and override are set).
struct Advertisement {
  IpAddr ip;
  std::optional<EtherAddr> mac;
  bool solicited = false, override_mac = false, router = false;
};

class Cache {
 public:
  Cache(CacheEvents& events, const Settings& settings, Random& random, Counts& counts);

  // A packet waits for `ip`.
  void want(const IpAddr& ip, Nanos now);
  // RFC 4861 section 7.2.5: changes an entry that is there, never makes one.
  void advertised(const Advertisement& news, Nanos now);
  // A MAC seen as the sender of something nobody asked for (RFC 4861 section 7.2.3, RFC 826).
  // Without `create`, only for an entry that is there.
  void heard(const IpAddr& ip, const EtherAddr& mac, bool create, Nanos now);
  void set_static(const IpAddr& ip, const EtherAddr& mac, Nanos now);
  // False when there is no such entry.
  bool remove(const IpAddr& ip);
  // Removes the entries that `which` accepts, telling whoever used or waited for them.
  template <class Which>
  void remove_if(Which which) {
    for (const IpAddr& ip : ips())
      if (which(ip, entries_.at(ip).state)) remove(ip);
  }

  void step(Nanos now);
  [[nodiscard]] Nanos next_deadline() const {
    return timers_.empty() ? Nanos::never() : timers_.begin()->first;
  }

  [[nodiscard]] std::optional<EtherAddr> mac_of(const IpAddr& ip) const;
  void list(IfIndex interface, Nanos now, std::vector<Info>& out) const;
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    EtherAddr mac;
    State state = State::kIncomplete;
    bool confirmed = false;  // it has answered us with this MAC
    bool router = false;
    unsigned tries = 0;
    Nanos since;  // last confirmed, or first heard of
    Nanos deadline = Nanos::never();
    [[nodiscard]] bool usable() const {
      return state != State::kIncomplete && state != State::kFailed;
    }
  };
  using Entries = std::map<IpAddr, Entry>;
  using Ordered = std::set<std::pair<Nanos, IpAddr>>;
  // Entries that may have to make room, oldest first; the earlier group goes first.
  enum Rank : size_t { kFailedRank, kHeardRank, kConfirmedRank, kRanks, kNoRank = kRanks };

  static Rank rank_of(const Entry& entry);
  [[nodiscard]] std::vector<IpAddr> ips() const;
  [[nodiscard]] size_t learned() const {
    return ranks_[kHeardRank].size() + ranks_[kConfirmedRank].size();
  }
  void link(const IpAddr& ip, const Entry& entry);
  void unlink(const IpAddr& ip, const Entry& entry);
  // Every change of an entry: takes it out of the orders, applies `change`, puts it back.
  template <class Change>
  void update(Entries::iterator at, Change change) {
    unlink(at->first, at->second);
    change(at->second);
    link(at->first, at->second);
  }
  void erase(Entries::iterator at);

  void due(Entries::iterator at, Nanos now);
  void question(Entries::iterator at, Nanos now);
  void give_up(Entries::iterator at, Nanos now);
  void answer_open(Entries::iterator at, const Advertisement& news, Nanos now);
  void answer_usable(Entries::iterator at, const Advertisement& news, Nanos now);
  // A new MAC, or none yet: usable from here on. False when there is no room for it.
  bool settle(Entries::iterator at, const EtherAddr& mac, bool confirmed, Nanos now);
  bool make_room(bool confirmed);
  void become_reachable(Entry& entry, Nanos now);
  void become_stale(Entry& entry, Nanos now) const;

  CacheEvents& events_;
  const Settings& settings_;
  Random& random_;
  Counts& counts_;
  TokenBucket questions_, learning_;
  Entries entries_;
  Ordered timers_;
  std::array<Ordered, kRanks> ranks_;
  size_t incomplete_ = 0;
};

}  // namespace spanway::neighbour
