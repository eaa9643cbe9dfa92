// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbour/link.h"

#include <algorithm>

namespace spanway::neighbour {

Link::Link(IfIndex index, Outlet& outlet, const Settings& settings, Random& random)
    : index_(index),
      outlet_(outlet),
      settings_(settings),
      random_(random),
      answers_(settings.answers_per_second, settings.answer_burst),
      cache_(*this, settings_, random_, counts_),
      own_(*this, settings_, random_) {}

void Link::configure(const InterfaceConfig& config, Nanos now) {
  if (config_.up && (!config.up || config.mac != config_.mac)) go_down();
  config_ = config;
  if (config_.up) set_addresses(config, now);
}

void Link::go_down() {
  config_.up = false;
  reports_left_ = 0;
  report_at_ = Nanos::never();
  cache_.remove_if([](const IpAddr&, State) { return true; });
  own_.clear();
}

void Link::set_addresses(const InterfaceConfig& config, Nanos now) {
  std::vector<IpWithLength> addresses = config.addresses;
  const bool has_link_local =
      std::any_of(addresses.begin(), addresses.end(), [](const IpWithLength& address) {
        return address.addr.is6() && address.addr.v6().is_link_local();
      });
  if (config.ip6 && !has_link_local) addresses.push_back({link_local_of(config.mac), 64});
  const std::vector<OwnAddress> before = own_.list();
  own_.set(addresses, !config.point_to_point, now);
  forget_off_link(before);
}

// What was on a subnet that is gone, or is now our own address, is no neighbour any more.
void Link::forget_off_link(const std::vector<OwnAddress>& before) {
  cache_.remove_if([&](const IpAddr& ip, State state) {
    if (own_.has(ip)) return true;
    if (state == State::kStatic || own_.on_link(ip)) return false;
    return std::any_of(before.begin(), before.end(),
                       [&](const OwnAddress& own) { return own.address.prefix().contains(ip); });
  });
}

void Link::on_unresolved(const IpAddr& ip, Nanos now) {
  if (config_.up && may_be_neighbour(ip)) return cache_.want(ip, now);
  ++counts_.refused;
  outlet_.failed(index_, ip);
}

void Link::set_static(const IpAddr& ip, const EtherAddr& mac, Nanos now) {
  if (config_.up && !own_.has(ip)) cache_.set_static(ip, mac, now);
}

void Link::flush() {
  cache_.remove_if([](const IpAddr&, State state) { return state != State::kStatic; });
}

void Link::step(Nanos now) {
  cache_.step(now);
  own_.step(now);
  if (report_at_ <= now) report(now);
}

Nanos Link::next_deadline() const {
  return std::min({cache_.next_deadline(), own_.next_deadline(), report_at_});
}

bool Link::is_subnet_edge(Ip4Addr ip) const {
  // Network and broadcast address of a subnet; RFC 3021: a /31 has neither.
  return std::any_of(config_.addresses.begin(), config_.addresses.end(),
                     [&](const IpWithLength& own) {
                       if (!own.addr.is4() || own.length >= 31 || !own.prefix().contains(ip))
                         return false;
                       const uint32_t host = ip.value() & ~mask4(own.length);
                       return host == 0 || host == ~mask4(own.length);
                     });
}

bool Link::may_be_neighbour(const IpAddr& ip) const {
  return is_unicast(ip) && !own_.has(ip) && !(ip.is4() && is_subnet_edge(ip.v4()));
}

void Link::conflict(const IpAddr& ip, const EtherAddr& who, Nanos now) {
  ++counts_.conflicts;
  own_.on_conflict(ip, who, now);
}

bool Link::may_answer(Nanos now) {
  if (answers_.take(now)) {
    ++counts_.answers_sent;
    return true;
  }
  ++counts_.answers_limited;
  return false;
}

void Link::ask(const IpAddr& ip, const EtherAddr* unicast) {
  if (ip.is4())
    ask_arp(ip.v4(), unicast);
  else
    ask_nd(ip.v6(), unicast);
}

void Link::on_resolved(const IpAddr& ip, const EtherAddr& mac) {
  outlet_.resolved(index_, ip, mac);
}
void Link::on_failed(const IpAddr& ip) { outlet_.failed(index_, ip); }
void Link::on_gone(const IpAddr& ip) { outlet_.gone(index_, ip); }

void Link::on_ready(const IpAddr& own, Nanos now) {
  outlet_.address_ready(index_, own);
  if (!own.is6()) return;
  // RFC 3590 section 4: reports from :: may have been ignored; say it again with a real source.
  if (own.v6().is_link_local() || settings_.detect_transmits == 0)
    report_soon(now, settings_.report_transmits, GroupRecord::kToExclude);
}
void Link::on_lost(const IpAddr& own) { outlet_.address_lost(index_, own); }
void Link::on_duplicate(const IpAddr& own, const EtherAddr& who) {
  outlet_.duplicate_address(index_, own, who);
}

}  // namespace spanway::neighbour
