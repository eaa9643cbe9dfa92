// SPDX-License-Identifier: BSD-3-Clause
#include "control/ping/pinger.h"

#include <algorithm>
#include <cmath>

namespace spanway::ping {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kReply:
      return "reply";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kUnreachable:
      return "unreachable";
    case Outcome::kTtlExpired:
      return "ttl_expired";
    case Outcome::kTooBig:
      return "too_big";
    case Outcome::kNoRoute:
      return "no_route";
  }
  return "unknown";
}

namespace {

Outcome outcome_of(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kEchoReply:
      return Outcome::kReply;
    case AnswerKind::kTtlExpired:
      return Outcome::kTtlExpired;
    case AnswerKind::kTooBig:
      return Outcome::kTooBig;
    default:
      return Outcome::kUnreachable;
  }
}

std::string detail_of(const Answer& answer) {
  std::string text(describe(answer.kind));
  if (answer.kind == AnswerKind::kTooBig && answer.mtu != 0)
    text += ", MTU " + std::to_string(answer.mtu);
  return text;
}

}  // namespace

double PingStatistics::loss_percent() const noexcept {
  if (sent == 0) return 0;
  return 100.0 * static_cast<double>(sent - received) / static_cast<double>(sent);
}

Pinger::Pinger(const PingOptions& options, uint16_t id, Outlet& outlet, Nanos now)
    : options_(options),
      id_(id),
      outlet_(outlet),
      next_send_(now),
      started_(now),
      last_outcome_(now) {}

Nanos Pinger::next_deadline() const {
  if (done_) return Nanos::never();
  Nanos next = next_send_;
  if (open_ != 0)
    next = std::min(next, requests_[first_open_ - first_kept_].sent + options_.timeout);
  return next;
}

void Pinger::step(Nanos now) {
  if (done_) return;
  expire(now);
  if (next_send_ <= now) send(now);
  finish_when_complete();
}

void Pinger::send(Nanos now) {
  ++sent_;
  next_send_ = sent_ == options_.count ? Nanos::never() : now + options_.interval;
  if (requests_.size() == kKept) {
    if (requests_.front().open) --open_;
    requests_.pop_front();
    first_open_ = std::max(first_open_, ++first_kept_);
  }
  const auto source =
      options_.source ? options_.source : outlet_.source_for(options_.address, options_.link);
  requests_.push_back({.source = source.value_or(IpAddr{}), .sent = now});
  if (source) {
    const ProbePacket probe{.source = *source,
                            .destination = options_.address,
                            .mark = {id_, static_cast<uint16_t>(sent_)},
                            .ttl = options_.ttl,
                            .dont_fragment = options_.dont_fragment,
                            .payload_bytes = options_.payload_bytes};
    ++open_;
    if (outlet_.send_probe(write_probe(probe), options_.link)) return;
    --open_;
  }
  requests_.back().open = false;
  ++errors_;
  record({.sequence = sent_,
          .outcome = Outcome::kNoRoute,
          .detail = source ? "could not be sent" : "no route"},
         now);
}

void Pinger::expire(Nanos now) {
  for (; first_open_ < first_kept_ + requests_.size(); ++first_open_) {
    Request& request = requests_[first_open_ - first_kept_];
    if (!request.open) continue;
    if (request.sent + options_.timeout > now) return;
    request.open = false;
    --open_;
    record({.sequence = first_open_, .outcome = Outcome::kTimeout}, now);
  }
}

void Pinger::record(PingReply reply, Nanos now) {
  reply.number = ++last_number_;
  last_outcome_ = now;
  if (replies_.size() == kKept) replies_.pop_front();
  replies_.push_back(std::move(reply));
}

Pinger::Request* Pinger::find(uint16_t sequence, uint64_t& number) {
  // The wire has 16 bits; kKept is less, so that among what is kept they are unique.
  static_assert(kKept < 65536);
  const auto offset = static_cast<uint16_t>(sequence - static_cast<uint16_t>(first_kept_));
  if (offset >= requests_.size()) return nullptr;
  number = first_kept_ + offset;
  return &requests_[offset];
}

bool Pinger::on_answer(const Answer& answer, Nanos now) {
  if (answer.udp || answer.mark.id != id_ || answer.destination != options_.address) return false;
  uint64_t sequence = 0;
  Request* request = find(answer.mark.sequence, sequence);
  if (request == nullptr || request->source != answer.source) return false;
  if (request->open) {
    on_reply(*request, sequence, answer, now);
    if (!done_) finish_when_complete();
  } else if (request->answered && answer.kind == AnswerKind::kEchoReply) {
    ++duplicates_;
  }
  return true;
}

void Pinger::on_reply(Request& request, uint64_t sequence, const Answer& answer, Nanos now) {
  request.open = false;
  --open_;
  const Nanos rtt = std::max(Nanos(), now - request.sent);
  if (answer.kind == AnswerKind::kEchoReply) {
    request.answered = true;
    ++received_;
    rtt_min_ = std::min(rtt_min_, rtt);
    rtt_max_ = std::max(rtt_max_, rtt);
    const auto ns = static_cast<double>(rtt.ns());
    rtt_sum_ += ns;
    rtt_squares_ += ns * ns;
  } else {
    ++errors_;
  }
  record({.sequence = sequence,
          .outcome = outcome_of(answer.kind),
          .from = answer.from,
          .rtt = rtt,
          .ttl = answer.ttl,
          .bytes = answer.bytes,
          .detail = detail_of(answer)},
         now);
}

void Pinger::finish_when_complete() {
  if (options_.count != 0 && sent_ == options_.count && open_ == 0) done_ = true;
}

void Pinger::stop() {
  done_ = true;
  next_send_ = Nanos::never();
}

std::vector<PingReply> Pinger::replies_after(uint64_t number) const {
  const auto first = std::find_if(replies_.begin(), replies_.end(),
                                  [&](const PingReply& one) { return one.number > number; });
  return {first, replies_.end()};
}

PingStatistics Pinger::statistics() const {
  PingStatistics out{.sent = sent_,
                     .received = received_,
                     .duplicates = duplicates_,
                     .errors = errors_,
                     .elapsed = last_outcome_ - started_};
  if (received_ == 0) return out;
  const auto count = static_cast<double>(received_);
  const double mean = rtt_sum_ / count;
  const double variance = std::max(0.0, rtt_squares_ / count - mean * mean);
  out.rtt_min = rtt_min_;
  out.rtt_max = rtt_max_;
  out.rtt_avg = Nanos(std::llround(mean));
  out.rtt_mdev = Nanos(std::llround(std::sqrt(variance)));
  return out;
}

}  // namespace spanway::ping
