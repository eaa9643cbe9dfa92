// SPDX-License-Identifier: BSD-3-Clause
// ARP on one interface: RFC 826's reception steps, tightened by RFC 5227 and RFC 1122 2.3.2.
#include "control/neighbour/link.h"

namespace spanway::neighbour {

void Link::on_arp(std::span<const uint8_t> frame, Nanos now) {
  if (!config_.up) return;
  ++counts_.arp_received;
  const auto message = parse_arp(frame);
  if (!message) {
    ++counts_.malformed;
    return;
  }
  const Sender sender = judge(*message);
  if (sender == Sender::kMartian) {
    ++counts_.martian;
    return;
  }
  const bool request = message->operation == arp_operation::kRequest;
  const bool for_us = own_.is_ready(message->target_ip);
  if (sender == Sender::kNeighbour) {
    if (own_.has(message->sender_ip))  // RFC 5227 section 2.4
      return conflict(message->sender_ip, message->sender_mac, now);
    learn_arp(*message, for_us, now);
  } else if (own_.on_detection(message->target_ip, nullptr, message->sender_mac)) {
    ++counts_.conflicts;  // RFC 5227 section 2.1.1: another one is about to take it too
    return;
  }
  if (request && for_us)
    answer_arp(*message, now);
  else if (!for_us)
    ++counts_.ignored;
}

Link::Sender Link::judge(const ArpMessage& message) const {
  const EtherAddr& mac = message.sender_mac;
  const EtherAddr& to = message.frame_destination;
  if (mac.is_group() || mac.is_zero() || mac == config_.mac) return Sender::kMartian;
  if (to != config_.mac && !to.is_broadcast()) return Sender::kMartian;
  // RFC 5227 section 2.1.1: a sender address of zero asks without claiming anything.
  if (message.sender_ip.is_zero())
    return message.operation == arp_operation::kRequest ? Sender::kProbe : Sender::kMartian;
  if (own_.has(message.sender_ip) || may_be_neighbour(message.sender_ip)) return Sender::kNeighbour;
  return Sender::kMartian;
}

void Link::learn_arp(const ArpMessage& message, bool for_us, Nanos now) {
  const bool answer = message.operation == arp_operation::kReply && for_us &&
                      message.frame_destination == config_.mac;
  if (answer) {
    cache_.advertised({.ip = message.sender_ip,
                       .mac = message.sender_mac,
                       .solicited = true,
                       .override_mac = true},
                      now);
    return;
  }
  // Only who asks for us becomes a new entry, and only from a subnet of this interface.
  const bool create =
      for_us && message.operation == arp_operation::kRequest && own_.on_link(message.sender_ip);
  cache_.heard(message.sender_ip, message.sender_mac, create, now);
}

void Link::answer_arp(const ArpMessage& request, Nanos now) {
  if (!may_answer(now)) return;
  send(write_arp({.frame_source = config_.mac,
                  .frame_destination = request.sender_mac,
                  .operation = arp_operation::kReply,
                  .sender_mac = config_.mac,
                  .target_mac = request.sender_mac,
                  .sender_ip = request.target_ip,
                  .target_ip = request.sender_ip}));
}

void Link::ask_arp(Ip4Addr target, const EtherAddr* unicast) {
  const IpAddr* source = own_.source_for(target);
  if (source == nullptr) return;
  ++counts_.questions_sent;
  send(write_arp({.frame_source = config_.mac,
                  .frame_destination = unicast != nullptr ? *unicast : EtherAddr::broadcast(),
                  .operation = arp_operation::kRequest,
                  .sender_mac = config_.mac,
                  .target_mac = {},
                  .sender_ip = source->v4(),
                  .target_ip = target}));
}

// RFC 5227 section 2.1.1: from nobody, so that no neighbour's table is touched.
void Link::probe(Ip4Addr own) {
  send(write_arp({.frame_source = config_.mac,
                  .frame_destination = EtherAddr::broadcast(),
                  .operation = arp_operation::kRequest,
                  .sender_mac = config_.mac,
                  .target_mac = {},
                  .sender_ip = {},
                  .target_ip = own}));
}

void Link::announce(const IpAddr& own) {
  ++counts_.announcements_sent;
  if (own.is6()) return send_advert(own.v6(), kAllNodes, group_mac(kAllNodes), false);
  send(write_arp({.frame_source = config_.mac,
                  .frame_destination = EtherAddr::broadcast(),
                  .operation = arp_operation::kRequest,
                  .sender_mac = config_.mac,
                  .target_mac = {},
                  .sender_ip = own.v4(),
                  .target_ip = own.v4()}));
}

}  // namespace spanway::neighbour
