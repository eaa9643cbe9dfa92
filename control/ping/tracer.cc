// SPDX-License-Identifier: BSD-3-Clause
#include "control/ping/tracer.h"

#include <algorithm>

namespace spanway::ping {
namespace {

constexpr uint16_t kFirstUdpPort = 33434;   // where traceroute has always begun
constexpr uint16_t kUdpSourceBit = 0x8000;  // keeps our source ports out of the reserved range
constexpr uint16_t kPayloadBytes = 32;

std::string_view note_of(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kEchoReply:
    case AnswerKind::kTtlExpired:
      return "";
    case AnswerKind::kTooBig:
      return "!F";
    case AnswerKind::kNetUnreachable:
      return "!N";
    case AnswerKind::kProtocolUnreachable:
    case AnswerKind::kPortUnreachable:
      return "!P";
    case AnswerKind::kProhibited:
      return "!X";
    case AnswerKind::kHostUnreachable:
    case AnswerKind::kOtherError:
      break;
  }
  return "!H";
}

}  // namespace

Tracer::Tracer(const TraceOptions& options, uint16_t id, Outlet& outlet, Nanos now)
    : options_(options), id_(id), outlet_(outlet), hop_sent_(now) {}

Nanos Tracer::next_deadline() const {
  if (done_) return Nanos::never();
  return started_ ? hop_sent_ + options_.timeout : hop_sent_;
}

void Tracer::step(Nanos now) {
  if (done_) return;
  if (!started_) {
    started_ = true;
    return start_hop(now);
  }
  if (hop_sent_ + options_.timeout <= now) end_hop(now);
}

Mark Tracer::mark(unsigned probe) const {
  const unsigned index = static_cast<unsigned>(hops_.size() - 1) * options_.probes + probe;
  if (options_.udp)
    return {static_cast<uint16_t>(id_ | kUdpSourceBit),
            static_cast<uint16_t>(kFirstUdpPort + index)};
  return {id_, static_cast<uint16_t>(index + 1)};
}

std::optional<unsigned> Tracer::probe_of(const Mark& wanted) const {
  for (unsigned probe = 0; probe < options_.probes; ++probe)
    if (mark(probe) == wanted) return probe;
  return std::nullopt;
}

void Tracer::start_hop(Nanos now) {
  hop_sent_ = now;
  hops_.push_back(
      {static_cast<uint8_t>(hops_.size() + 1), std::vector<TraceProbe>(options_.probes)});
  waiting_.assign(options_.probes, false);
  open_ = 0;
  const auto source =
      options_.source ? options_.source : outlet_.source_for(options_.address, options_.link);
  if (!source) {
    refused_ = true;
    return end_hop(now);
  }
  source_ = *source;
  for (unsigned probe = 0; probe < options_.probes; ++probe) {
    waiting_[probe] = outlet_.send_probe(write_probe({.source = *source,
                                                      .destination = options_.address,
                                                      .mark = mark(probe),
                                                      .ttl = hops_.back().ttl,
                                                      .udp = options_.udp,
                                                      .payload_bytes = kPayloadBytes}),
                                         options_.link);
    open_ += waiting_[probe];
  }
  if (open_ != 0) return;
  refused_ = true;
  end_hop(now);
}

void Tracer::end_hop(Nanos now) {
  if (reached_ || refused_ || hops_.size() >= options_.max_hops) {
    done_ = true;
    return;
  }
  start_hop(now);
}

bool Tracer::on_answer(const Answer& answer, Nanos now) {
  if (!started_ || answer.destination != options_.address || answer.source != source_) return false;
  const bool ours =
      answer.mark.id == mark(0).id &&
      (answer.kind == AnswerKind::kEchoReply ? !options_.udp : answer.udp == options_.udp);
  if (!ours) return false;
  const auto probe = done_ ? std::nullopt : probe_of(answer.mark);
  if (!probe || !waiting_[*probe]) return true;  // late or double: known, and not counted
  waiting_[*probe] = false;
  --open_;
  const bool there = answer.from == options_.address;
  const bool end = answer.kind == AnswerKind::kEchoReply ||
                   (options_.udp && there && answer.kind == AnswerKind::kPortUnreachable);
  hops_.back().probes[*probe] = {answer.from, std::max(Nanos(), now - hop_sent_),
                                 end ? std::string_view() : note_of(answer.kind)};
  if (there && answer.kind != AnswerKind::kTtlExpired) reached_ = true;
  if (!end && answer.kind != AnswerKind::kTtlExpired) refused_ = true;
  if (open_ == 0) end_hop(now);
  return true;
}

void Tracer::stop() {
  if (!done_ && open_ != 0 && !hops_.empty()) hops_.pop_back();
  done_ = true;
}

std::vector<TraceHop> Tracer::hops_after(unsigned ttl) const {
  std::vector<TraceHop> out;
  const size_t complete = done_ || hops_.empty() ? hops_.size() : hops_.size() - 1;
  for (size_t i = ttl; i < complete; ++i) out.push_back(hops_[i]);
  return out;
}

}  // namespace spanway::ping
