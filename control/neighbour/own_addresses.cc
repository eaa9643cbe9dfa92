// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbour/own_addresses.h"

#include <algorithm>
#include <utility>

namespace spanway::neighbour {

OwnAddresses::OwnAddresses(OwnEvents& events, const Settings& settings, Random& random)
    : events_(events), settings_(settings), random_(random) {}

const OwnAddresses::Own* OwnAddresses::find(const IpAddr& ip) const {
  const auto at = std::find_if(owns_.begin(), owns_.end(),
                               [&](const Own& own) { return own.address.addr == ip; });
  return at == owns_.end() ? nullptr : &*at;
}

OwnAddresses::Own* OwnAddresses::find(const IpAddr& ip) {
  return const_cast<Own*>(std::as_const(*this).find(ip));
}

void OwnAddresses::set(const std::vector<IpWithLength>& addresses, bool probed, Nanos now) {
  std::vector<Own> before;
  before.swap(owns_);
  owns_.reserve(addresses.size());
  std::vector<size_t> fresh;
  for (const IpWithLength& address : addresses) {
    if (has(address.addr)) continue;
    const auto old = std::find_if(before.begin(), before.end(),
                                  [&](const Own& own) { return own.address == address; });
    if (old != before.end()) {
      owns_.push_back(*old);
      before.erase(old);
    } else {
      fresh.push_back(owns_.size());
      owns_.push_back(Own{.address = address});
    }
  }
  // What left is told first: the same address may come back with another prefix length.
  for (const Own& own : before)
    if (own.state == AddressState::kReady) events_.on_lost(own.address.addr);
  for (const size_t at : fresh) begin(owns_[at], now);
  for (Own& own : owns_)
    if (!probed && own.address.addr.is4() && own.state == AddressState::kTentative)
      become_ready(own, now);
}

void OwnAddresses::clear() {
  std::vector<Own> before;
  before.swap(owns_);
  for (const Own& own : before)
    if (own.state == AddressState::kReady) events_.on_lost(own.address.addr);
}

void OwnAddresses::begin(Own& own, Nanos now) {
  const bool is4 = own.address.addr.is4();
  own.left = is4 ? settings_.probes : settings_.detect_transmits;
  if (own.left == 0) return become_ready(own, now);
  for (uint8_t& byte : own.nonce) byte = static_cast<uint8_t>(random_());
  const Nanos most = is4 ? settings_.probe_delay_max : settings_.detect_delay_max;
  const auto span = static_cast<uint64_t>(most.ns());
  own.deadline = now + Nanos(static_cast<int64_t>(random_.below(span + 1)));
}

void OwnAddresses::become_ready(Own& own, Nanos now) {
  own.state = AddressState::kReady;
  own.left = settings_.announcements;
  own.deadline = Nanos::never();
  events_.on_ready(own.address.addr, now);
  announce(own, now);
}

void OwnAddresses::announce(Own& own, Nanos now) {
  if (own.left == 0) return;
  --own.left;
  own.deadline = own.left == 0 ? Nanos::never() : now + settings_.announce_interval;
  events_.announce(own.address.addr);
}

void OwnAddresses::due(Own& own, Nanos now) {
  if (own.state == AddressState::kReady) return announce(own, now);
  if (own.left == 0) return become_ready(own, now);
  ask(own, now);
}

void OwnAddresses::ask(Own& own, Nanos now) {
  --own.left;
  const IpAddr& ip = own.address.addr;
  own.deadline = now + (ip.is4() ? settings_.probe_interval : settings_.retransmit);
  if (ip.is4())
    events_.probe(ip.v4());
  else
    events_.detect(ip.v6(), own.nonce, now);
}

void OwnAddresses::step(Nanos now) {
  for (Own& own : owns_)
    if (own.deadline <= now) due(own, now);
}

Nanos OwnAddresses::next_deadline() const {
  Nanos next = Nanos::never();
  for (const Own& own : owns_) next = std::min(next, own.deadline);
  return next;
}

void OwnAddresses::become_duplicate(Own& own, const EtherAddr& who) {
  own.state = AddressState::kDuplicate;
  own.deadline = Nanos::never();
  events_.on_duplicate(own.address.addr, who);
}

void OwnAddresses::on_conflict(const IpAddr& ip, const EtherAddr& who, Nanos now) {
  Own* own = find(ip);
  if (own == nullptr || own->state == AddressState::kDuplicate) return;
  if (own->state == AddressState::kTentative) return become_duplicate(*own, who);
  if (own->defended && now < own->defend_after) return;
  own->defended = true;
  own->defend_after = now + settings_.defend_interval;
  events_.announce(ip);
  events_.on_duplicate(ip, who);
}

bool OwnAddresses::on_detection(const IpAddr& ip, const Nonce* nonce, const EtherAddr& who) {
  Own* own = find(ip);
  if (own == nullptr || own->state != AddressState::kTentative) return false;
  if (nonce != nullptr && *nonce == own->nonce) return false;  // our own, looped back
  become_duplicate(*own, who);
  return true;
}

bool OwnAddresses::is_ready(const IpAddr& ip) const {
  const Own* own = find(ip);
  return own != nullptr && own->state == AddressState::kReady;
}

bool OwnAddresses::is_tentative(const IpAddr& ip) const {
  const Own* own = find(ip);
  return own != nullptr && own->state == AddressState::kTentative;
}

bool OwnAddresses::on_link(const IpAddr& ip) const {
  return std::any_of(owns_.begin(), owns_.end(),
                     [&](const Own& own) { return own.address.prefix().contains(ip); });
}

const IpAddr* OwnAddresses::source_for(const IpAddr& target) const {
  const IpAddr* any = nullptr;
  const IpAddr* link_local = nullptr;
  for (const Own& own : owns_) {
    const IpAddr& ip = own.address.addr;
    if (own.state != AddressState::kReady || ip.family() != target.family()) continue;
    if (own.address.prefix().contains(target)) return &ip;
    if (any == nullptr) any = &ip;
    if (link_local == nullptr && ip.is6() && ip.v6().is_link_local()) link_local = &ip;
  }
  return link_local != nullptr ? link_local : any;
}

std::vector<Ip6Addr> OwnAddresses::groups() const {
  std::vector<Ip6Addr> out;
  for (const Own& own : owns_)
    if (own.address.addr.is6() && own.state != AddressState::kDuplicate)
      out.push_back(own.address.addr.v6().solicited_node());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<OwnAddress> OwnAddresses::list() const {
  std::vector<OwnAddress> out;
  for (const Own& own : owns_) out.push_back({own.address, own.state});
  return out;
}

}  // namespace spanway::neighbour
