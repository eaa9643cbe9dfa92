// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbour/cache.h"

#include <algorithm>

namespace spanway::neighbour {
namespace {

// A question that the rate limit stopped comes again after this share of the usual interval.
constexpr int64_t kLimitedRetryShare = 8;

}  // namespace

Cache::Cache(CacheEvents& events, const Settings& settings, Random& random, Counts& counts)
    : events_(events),
      settings_(settings),
      random_(random),
      counts_(counts),
      questions_(settings.questions_per_second, settings.question_burst),
      learning_(settings.learning_per_second, settings.learning_burst) {}

Cache::Rank Cache::rank_of(const Entry& entry) {
  switch (entry.state) {
    case State::kFailed:
      return kFailedRank;
    case State::kReachable:
    case State::kStale:
    case State::kProbe:
      return entry.confirmed ? kConfirmedRank : kHeardRank;
    case State::kIncomplete:
    case State::kStatic:
      break;
  }
  return kNoRank;
}

std::vector<IpAddr> Cache::ips() const {
  std::vector<IpAddr> out;
  out.reserve(entries_.size());
  for (const auto& [ip, entry] : entries_) out.push_back(ip);
  return out;
}

void Cache::link(const IpAddr& ip, const Entry& entry) {
  if (entry.deadline != Nanos::never()) timers_.emplace(entry.deadline, ip);
  if (const Rank rank = rank_of(entry); rank != kNoRank) ranks_[rank].emplace(entry.since, ip);
  if (entry.state == State::kIncomplete) ++incomplete_;
}

void Cache::unlink(const IpAddr& ip, const Entry& entry) {
  timers_.erase({entry.deadline, ip});
  if (const Rank rank = rank_of(entry); rank != kNoRank) ranks_[rank].erase({entry.since, ip});
  if (entry.state == State::kIncomplete) --incomplete_;
}

void Cache::erase(Entries::iterator at) {
  unlink(at->first, at->second);
  entries_.erase(at);
}

void Cache::want(const IpAddr& ip, Nanos now) {
  if (const auto at = entries_.find(ip); at != entries_.end()) {
    if (at->second.usable()) events_.on_resolved(ip, at->second.mac);
    if (at->second.state == State::kFailed) events_.on_failed(ip);
    return;
  }
  if (incomplete_ + ranks_[kFailedRank].size() >= settings_.max_questions) {
    if (ranks_[kFailedRank].empty()) {
      ++counts_.refused;
      events_.on_failed(ip);
      return;
    }
    erase(entries_.find(ranks_[kFailedRank].begin()->second));
  }
  const auto at = entries_.emplace(ip, Entry{.since = now}).first;
  link(at->first, at->second);
  question(at, now);
}

void Cache::question(Entries::iterator at, Nanos now) {
  if (!questions_.take(now)) {
    // Not counted as a try: a neighbour never dies of our own rate limit.
    ++counts_.questions_limited;
    const int64_t wait = settings_.retransmit.ns() / kLimitedRetryShare + 1;
    const int64_t spread = static_cast<int64_t>(random_.below(static_cast<uint64_t>(wait)));
    update(at, [&](Entry& entry) { entry.deadline = now + Nanos(wait + spread); });
    return;
  }
  update(at, [&](Entry& entry) {
    ++entry.tries;
    entry.deadline = now + settings_.retransmit;
  });
  const Entry& entry = at->second;
  events_.ask(at->first, entry.state == State::kProbe ? &entry.mac : nullptr);
}

void Cache::step(Nanos now) {
  while (!timers_.empty() && timers_.begin()->first <= now)
    due(entries_.find(timers_.begin()->second), now);
}

void Cache::due(Entries::iterator at, Nanos now) {
  switch (at->second.state) {
    case State::kReachable:
    case State::kStale:
      update(at, [](Entry& entry) { entry.state = State::kProbe; });
      return question(at, now);
    case State::kIncomplete:
    case State::kProbe:
      return at->second.tries < settings_.questions ? question(at, now) : give_up(at, now);
    case State::kFailed:
      return erase(at);
    case State::kStatic:
      return;
  }
}

void Cache::give_up(Entries::iterator at, Nanos now) {
  const IpAddr ip = at->first;
  if (at->second.state == State::kProbe) {
    erase(at);
    return events_.on_gone(ip);
  }
  ++counts_.failed;
  update(at, [&](Entry& entry) {
    entry.state = State::kFailed;
    entry.deadline = now + settings_.fail_hold;
  });
  events_.on_failed(ip);
}

void Cache::become_reachable(Entry& entry, Nanos now) {
  // 0.5 to 1.5 times the base, and the probes must fit in before the end.
  const uint64_t base = static_cast<uint64_t>(settings_.reachable.ns());
  const Nanos lifetime(static_cast<int64_t>(base / 2 + random_.below(base + 1)));
  const Nanos probing = settings_.retransmit * static_cast<int64_t>(settings_.questions);
  entry.state = State::kReachable;
  entry.confirmed = true;
  entry.tries = 0;
  entry.since = now;
  entry.deadline = now + std::max(lifetime - probing, settings_.retransmit);
}

void Cache::become_stale(Entry& entry, Nanos now) const {
  entry.state = State::kStale;
  entry.tries = 0;
  entry.deadline = now + settings_.delay_first_probe;
}

bool Cache::make_room(bool confirmed) {
  if (learned() < settings_.max_neighbours) return true;
  Ordered* from = &ranks_[kHeardRank];
  // Only an answer to our own question is worth more than a neighbour that answers.
  if (from->empty() && confirmed) from = &ranks_[kConfirmedRank];
  if (from->empty()) {
    ++counts_.refused;
    return false;
  }
  const IpAddr victim = from->begin()->second;
  erase(entries_.find(victim));
  ++counts_.evicted;
  events_.on_gone(victim);
  return true;
}

bool Cache::settle(Entries::iterator at, const EtherAddr& mac, bool confirmed, Nanos now) {
  if (!at->second.usable() && !make_room(confirmed)) return false;
  update(at, [&](Entry& entry) {
    entry.mac = mac;
    entry.confirmed = false;
    entry.since = now;
    if (confirmed)
      become_reachable(entry, now);
    else
      become_stale(entry, now);
  });
  events_.on_resolved(at->first, mac);
  return true;
}

void Cache::advertised(const Advertisement& news, Nanos now) {
  const auto at = entries_.find(news.ip);
  if (at == entries_.end() || at->second.state == State::kStatic) return;
  if (at->second.usable())
    answer_usable(at, news, now);
  else
    answer_open(at, news, now);
}

// RFC 4861 section 7.2.5, INCOMPLETE; an answer that comes during the hold-off is as good.
void Cache::answer_open(Entries::iterator at, const Advertisement& news, Nanos now) {
  if (!news.mac) return;
  if (settle(at, *news.mac, news.solicited, now)) at->second.router = news.router;
}

// RFC 4861 section 7.2.5, any other state.
void Cache::answer_usable(Entries::iterator at, const Advertisement& news, Nanos now) {
  const bool differs = news.mac && *news.mac != at->second.mac;
  if (differs && !news.override_mac) {  // item I
    if (at->second.state == State::kReachable)
      update(at, [&](Entry& entry) { become_stale(entry, now); });
    return;
  }
  if (differs) {  // item II
    const bool asked = news.solicited && at->second.state == State::kProbe;
    if (!asked && !learning_.take(now)) {
      ++counts_.learning_limited;
      return;
    }
    settle(at, *news.mac, news.solicited, now);
  } else if (news.solicited) {
    update(at, [&](Entry& entry) { become_reachable(entry, now); });
  }
  at->second.router = news.router;
}

void Cache::heard(const IpAddr& ip, const EtherAddr& mac, bool create, Nanos now) {
  auto at = entries_.find(ip);
  if (at == entries_.end() && !create) return;
  const bool known = at != entries_.end() && at->second.usable();
  if (known && (at->second.state == State::kStatic || at->second.mac == mac)) return;
  if (!learning_.take(now)) {
    ++counts_.learning_limited;
    return;
  }
  if (at != entries_.end()) {
    settle(at, mac, false, now);
    return;
  }
  if (!make_room(false)) return;
  at = entries_.emplace(ip, Entry{.mac = mac, .state = State::kStale, .since = now}).first;
  become_stale(at->second, now);
  link(at->first, at->second);
  events_.on_resolved(ip, mac);
}

void Cache::set_static(const IpAddr& ip, const EtherAddr& mac, Nanos now) {
  const auto [at, fresh] = entries_.try_emplace(ip);
  if (!fresh) {
    if (at->second.state == State::kStatic && at->second.mac == mac) return;
    unlink(at->first, at->second);
  }
  at->second = Entry{.mac = mac, .state = State::kStatic, .since = now};
  link(at->first, at->second);
  events_.on_resolved(ip, mac);
}

bool Cache::remove(const IpAddr& ip) {
  const auto at = entries_.find(ip);
  if (at == entries_.end()) return false;
  const Entry entry = at->second;
  erase(at);
  if (entry.usable()) events_.on_gone(ip);
  if (entry.state == State::kIncomplete) events_.on_failed(ip);
  return true;
}

std::optional<EtherAddr> Cache::mac_of(const IpAddr& ip) const {
  const auto at = entries_.find(ip);
  if (at == entries_.end() || !at->second.usable()) return std::nullopt;
  return at->second.mac;
}

void Cache::list(IfIndex interface, Nanos now, std::vector<Info>& out) const {
  for (const auto& [ip, entry] : entries_)
    out.push_back({ip, interface, entry.usable() ? entry.mac : EtherAddr{}, entry.state,
                   now - entry.since, entry.router});
}

}  // namespace spanway::neighbour
