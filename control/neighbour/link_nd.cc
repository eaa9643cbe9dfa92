// SPDX-License-Identifier: BSD-3-Clause
// Neighbour discovery on one interface (RFC 4861 section 7.2, RFC 4862 section 5.4) and the
// reports that join our solicited-node groups (RFC 3810, RFC 3590).
#include <algorithm>

#include "control/neighbour/link.h"

namespace spanway::neighbour {

void Link::on_nd(std::span<const uint8_t> frame, Nanos now) {
  if (!config_.up) return;
  ++counts_.nd_received;
  const auto message = parse_nd(frame);
  if (!message) {
    ++counts_.malformed;
    return;
  }
  switch (message->type) {
    case icmp6_type::kSolicit:
      return on_solicit(*message, now);
    case icmp6_type::kAdvert:
      return on_advert(*message, now);
    case icmp6_type::kMldQuery:
      return on_query(*message, now);
    default:  // router solicitations and advertisements, redirects: a router heeds none here
      ++counts_.ignored;
  }
}

void Link::on_solicit(const NdMessage& message, Nanos now) {
  if (message.source.is_unspecified()) return on_detection_probe(message, now);
  const EtherAddr from = message.source_mac.value_or(message.frame_source);
  if (from.is_group() || from.is_zero() || from == config_.mac || message.source.is_loopback()) {
    ++counts_.martian;
    return;
  }
  if (own_.has(message.source)) return conflict(message.source, from, now);
  // RFC 4862 section 5.4.3: a tentative address neither answers nor learns.
  if (!own_.is_ready(message.target)) {
    ++counts_.ignored;
    return;
  }
  if (message.source_mac) cache_.heard(message.source, from, own_.on_link(message.source), now);
  answer_nd(message, now);
}

void Link::on_detection_probe(const NdMessage& message, Nanos now) {
  if (own_.is_ready(message.target)) {
    // RFC 4861 section 7.2.4: to everybody, not solicited. Our own probe, late, needs no answer.
    if (message.frame_source != config_.mac && may_answer(now))
      send_advert(message.target, kAllNodes, group_mac(kAllNodes), false);
    return;
  }
  const Nonce* nonce = message.nonce ? &*message.nonce : nullptr;
  if (own_.on_detection(message.target, nonce, message.frame_source))
    ++counts_.conflicts;
  else
    ++counts_.ignored;
}

void Link::answer_nd(const NdMessage& solicit, Nanos now) {
  if (!may_answer(now)) return;
  const EtherAddr from = solicit.source_mac.value_or(solicit.frame_source);
  send_advert(solicit.target, solicit.source, cache_.mac_of(solicit.source).value_or(from), true);
}

void Link::send_advert(const Ip6Addr& own, const Ip6Addr& to, const EtherAddr& mac,
                       bool solicited) {
  send(write_nd({.frame_source = config_.mac,
                 .frame_destination = mac,
                 .source = own,
                 .destination = to,
                 .type = icmp6_type::kAdvert,
                 .target = own,
                 .router = true,
                 .solicited = solicited,
                 .override_mac = true,
                 .source_mac = {},
                 .target_mac = config_.mac,
                 .nonce = {}}));
}

void Link::on_advert(const NdMessage& message, Nanos now) {
  if (message.target_mac && (message.target_mac->is_group() || message.target_mac->is_zero())) {
    ++counts_.martian;
    return;
  }
  const EtherAddr who = message.target_mac.value_or(message.frame_source);
  if (own_.has(message.target)) {
    if (who == config_.mac)
      ++counts_.martian;  // our own, looped back
    else
      conflict(message.target, who, now);
    return;
  }
  if (who == config_.mac || !may_be_neighbour(message.target)) {
    ++counts_.martian;
    return;
  }
  cache_.advertised({.ip = message.target,
                     .mac = message.target_mac,
                     .solicited = message.solicited,
                     .override_mac = message.override_mac,
                     .router = message.router},
                    now);
}

void Link::ask_nd(const Ip6Addr& target, const EtherAddr* unicast) {
  const IpAddr* source = own_.source_for(target);
  if (source == nullptr) return;
  ++counts_.questions_sent;
  const Ip6Addr to = unicast != nullptr ? target : target.solicited_node();
  send(write_nd({.frame_source = config_.mac,
                 .frame_destination = unicast != nullptr ? *unicast : group_mac(to),
                 .source = source->v6(),
                 .destination = to,
                 .type = icmp6_type::kSolicit,
                 .target = target,
                 .source_mac = config_.mac,
                 .target_mac = {},
                 .nonce = {}}));
}

void Link::detect(const Ip6Addr& own, const Nonce& nonce, Nanos now) {
  // RFC 4862 section 5.4.2: the group is joined before the question goes out.
  report_soon(now, settings_.report_transmits, GroupRecord::kToExclude);
  report(now);
  const Ip6Addr to = own.solicited_node();
  send(write_nd({.frame_source = config_.mac,
                 .frame_destination = group_mac(to),
                 .source = {},
                 .destination = to,
                 .type = icmp6_type::kSolicit,
                 .target = own,
                 .source_mac = {},
                 .target_mac = {},
                 .nonce = nonce}));
}

void Link::on_query(const NdMessage& message, Nanos now) {
  const uint64_t most = static_cast<uint64_t>(millis(message.max_response_ms).ns());
  const Nanos at = now + Nanos(static_cast<int64_t>(random_.below(most + 1)));
  if (at < report_at_) report_soon(at, std::max(reports_left_, 1u), GroupRecord::kIsExclude);
}

void Link::report_soon(Nanos at, unsigned times, GroupRecord record) {
  reports_left_ = times;
  report_record_ = record;
  report_at_ = times == 0 ? Nanos::never() : at;
}

void Link::report(Nanos now) {
  if (reports_left_ == 0) return;
  --reports_left_;
  report_at_ = reports_left_ == 0 ? Nanos::never() : now + settings_.report_interval;
  const std::vector<Ip6Addr> groups = own_.groups();
  const auto owns = own_.list();
  const auto link_local = std::find_if(owns.begin(), owns.end(), [](const OwnAddress& own) {
    return own.state == AddressState::kReady && own.address.addr.is6() &&
           own.address.addr.v6().is_link_local();
  });
  const Ip6Addr source = link_local == owns.end() ? Ip6Addr{} : link_local->address.addr.v6();
  for (size_t at = 0; at < groups.size(); at += kGroupsPerReport) {
    ++counts_.reports_sent;
    send(write_mld_report(
        config_.mac, source, report_record_,
        std::span(groups).subspan(at, std::min(kGroupsPerReport, groups.size() - at))));
  }
}

}  // namespace spanway::neighbour
