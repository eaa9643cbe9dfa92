// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/worker.h"

#include <rte_cycles.h>

#include <array>

#include "dataplane/base/token_bucket.h"
#include "dataplane/base/tuning.h"
#include "dataplane/stage/context.h"
#include "dataplane/stage/walk.h"
#include "dataplane/worker/fused.h"
#include "dataplane/worker/steering.h"
#include "dataplane/worker/tx.h"

namespace spanway::worker {
namespace {

// The longest time between two visits to housekeeping; also what makes it happen in virtual time,
// where turns are few.
constexpr Nanos kHousekeepingEvery = millis(10);
constexpr unsigned kFraction = 20;  // bits behind the point of cycles_per_ns

}  // namespace

struct Worker::State {
  explicit State(const WorkerParts& given)
      : parts(given),
        output(given.id, given.counters, given.handover),
        hold(stage::make_hold()),
        fused(given.kernel),
        transport(given.transport, given.id, given.handover, given.born),
        cycles_per_ns((rte_get_tsc_hz() << kFraction) / 1'000'000'000) {}

  stage::Context context(const Plan* current, Nanos now) noexcept;
  unsigned receive(stage::Context& context) noexcept;
  unsigned serve_handover(stage::Context& context) noexcept;
  unsigned serve_inject(stage::Context& context) noexcept;
  unsigned serve_mailbox(stage::Context& context) noexcept;
  // Both roads, for frames received on one port. Takes all of them.
  void forward(stage::Context& context, PortId port, Packet** packets, unsigned count) noexcept;
  // Hands over what other workers own; keeps the rest at the front, returns how many.
  unsigned steer(stage::Context& context, const Plan& current, PortId port, Packet** packets,
                 unsigned count) noexcept;
  void housekeeping(stage::Context& context) noexcept;
  void count_turn(Nanos now, unsigned met) noexcept;
  void drop_rings() noexcept;

  WorkerParts parts;
  TxOutput output;
  stage::HoldPtr hold;
  TokenBucket icmp_errors{tuning::kIcmpErrorsPerSecond, tuning::kIcmpErrorBurst};
  TokenBucket local_fragments{tuning::kLocalFragmentsPerSecond, tuning::kLocalFragmentBurst};
  FusedRoad fused;
  TransportRoad transport;
  const Plan* plan = nullptr;  // of this turn
  uint64_t flags = 0;          // seam::WorkerFlag
  // What a ring has just given; here, so that no turn clears them.
  std::array<Handed, tuning::kBurst> handed;
  std::array<seam::Inject, tuning::kBurst> injected;
  uint32_t turns_since_housekeeping = 0;
  Nanos next_housekeeping{};
  Nanos last_turn{};
  bool last_was_busy = false;
  bool first_turn = true;
  const uint64_t cycles_per_ns;
};

Worker::Worker(const WorkerParts& parts) : state_(std::make_unique<State>(parts)) {
  parts.qsbr.online(parts.id);
}

Worker::~Worker() {
  State& s = *state_;
  {
    stage::Context context = s.context(s.parts.plan.load(), s.last_turn);
    stage::drop_held(context);
    s.output.flush_all();
  }
  s.drop_rings();
  s.parts.qsbr.offline(s.parts.id);
}

void Worker::rest() noexcept { state_->parts.qsbr.offline(state_->parts.id); }
void Worker::wake() noexcept { state_->parts.qsbr.online(state_->parts.id); }

bool Worker::lie_down() noexcept {
  if (!state_->transport.lie_down()) return false;
  rest();
  return true;
}

void Worker::get_up() noexcept {
  wake();
  state_->transport.get_up();
}

int Worker::bell() const noexcept { return state_->transport.bell(); }

unsigned Worker::turn(Nanos now) noexcept {
  State& s = *state_;
  stage::Context context = s.context(s.parts.plan.load(), now);
  unsigned met = s.serve_mailbox(context);
  met += s.receive(context);
  met += s.serve_handover(context);
  met += s.serve_inject(context);
  met += s.transport.serve(context);
  if (++s.turns_since_housekeeping >= tuning::kHousekeepingTurns || now >= s.next_housekeeping)
    s.housekeeping(context);
  s.output.flush_all();
  s.count_turn(now, met);
  s.parts.qsbr.quiet(s.parts.id);
  return met;
}

// Views are loaded once: until the turn's quiet point nothing that they reach is freed.
stage::Context Worker::State::context(const Plan* current, Nanos now) noexcept {
  plan = current;
  output.begin_turn(current, now);
  return stage::Context{.tables = parts.tables,
                        .interfaces = parts.tables.interfaces.load(),
                        .watch = parts.tables.watch.load(),
                        .now = now,
                        .timing = (flags & seam::kStageTiming) != 0,
                        .counters = parts.counters,
                        .channels = parts.channels,
                        .buffers = parts.buffers,
                        .output = output,
                        .hold = *hold,
                        .icmp_errors = icmp_errors,
                        .local_fragments = local_fragments,
                        .listener = transport};
}

unsigned Worker::State::receive(stage::Context& context) noexcept {
  if (plan == nullptr) return 0;
  unsigned met = 0;
  for (const RxQueue& queue : plan->rx) {
    std::array<Packet*, tuning::kBurst> packets;
    unsigned count = queue.port->rx_burst(queue.queue, packets.data(), tuning::kBurst, context.now);
    if (count == 0) continue;
    met += count;
    if (queue.steer && plan->workers > 1)
      count = steer(context, *plan, queue.id, packets.data(), count);
    forward(context, queue.id, packets.data(), count);
  }
  return met;
}

void Worker::State::forward(stage::Context& context, PortId port, Packet** packets,
                            unsigned count) noexcept {
  const unsigned rest = fused.forward(context, output, port, packets, count);
  if (rest != 0) stage::walk_received(context, port, {packets, rest});
}

unsigned Worker::State::steer(stage::Context& context, const Plan& current, PortId port,
                              Packet** packets, unsigned count) noexcept {
  unsigned kept = 0, given = 0;
  for (unsigned i = 0; i < count; ++i) {
    Packet* packet = packets[i];
    const WorkerId owner = flow_owner(packet, current.workers).value_or(parts.id);
    if (owner == parts.id || owner.value >= parts.handover.workers()) {
      packets[kept++] = packet;
    } else if (parts.handover.ring(parts.id, owner)
                   .push(Handed{packet, port, Handed::To::kReceive})) {
      ++given;
    } else {
      // It ends here, so it also counts as received here.
      meta(packet) = Meta{.in_port = port};
      context.counters.rx.add(1);
      stage::drop(context, packet, DropReason::kHandoverFull);
    }
  }
  context.counters.handed_out.add(given);
  return kept;
}

unsigned Worker::State::serve_handover(stage::Context& context) noexcept {
  unsigned met = 0;
  for (uint16_t from = 0; from < parts.handover.workers(); ++from) {
    if (from == parts.id.value) continue;
    const size_t count = parts.handover.ring(WorkerId(from), parts.id).pop_burst(std::span(handed));
    std::array<Packet*, tuning::kBurst> packets;
    for (size_t i = 0; i < count;) {
      // A run of frames of one port and one kind keeps its order.
      const Handed head = handed[i];
      unsigned run = 0;
      while (i < count && handed[i].port == head.port && handed[i].to == head.to)
        packets[run++] = handed[i++].packet;
      switch (head.to) {
        case Handed::To::kReceive:
          forward(context, head.port, packets.data(), run);
          break;
        case Handed::To::kTransmit:
          output.send(head.port, packets.data(), run);
          break;
        case Handed::To::kTransport:
          for (unsigned p = 0; p < run; ++p) transport.take_handed(context, packets[p]);
          break;
      }
    }
    met += static_cast<unsigned>(count);
  }
  if (met != 0) context.counters.handed_in.add(met);
  return met;
}

unsigned Worker::State::serve_inject(stage::Context& context) noexcept {
  const size_t count = parts.channels.inject.pop_burst(std::span(injected));
  if (count != 0) stage::walk_injected(context, {injected.data(), count});
  return static_cast<unsigned>(count);
}

unsigned Worker::State::serve_mailbox(stage::Context& context) noexcept {
  unsigned met = 0;
  seam::Message message;
  while (met < tuning::kBurst && parts.channels.mailbox.pop(message)) {
    ++met;
    if (message.kind == seam::Message::Kind::kFlags) {
      flags = message.value;
      context.timing = (flags & seam::kStageTiming) != 0;
    } else if (message.kind == seam::Message::Kind::kIcmpRate) {
      // A rate of zero must not leave a first burst.
      const uint64_t rate = message.value >> 32;
      icmp_errors = TokenBucket(rate, rate == 0 ? 0 : message.value & UINT32_MAX);
    } else {
      stage::on_message(context, message);
    }
  }
  return met;
}

void Worker::State::housekeeping(stage::Context& context) noexcept {
  turns_since_housekeeping = 0;
  next_housekeeping = context.now + kHousekeepingEvery;
  stage::expire_held(context);
}

// One clock read a turn, the caller's: the time between two turns is charged to the earlier one.
void Worker::State::count_turn(Nanos now, unsigned met) noexcept {
  seam::WorkerCounters& counters = parts.counters;
  counters.turns.add(1);
  if (met != 0) counters.busy_turns.add(1);
  if (!first_turn && now > last_turn) {
    const auto passed = static_cast<uint64_t>((now - last_turn).ns());
    const uint64_t cycles = passed * cycles_per_ns >> kFraction;
    (last_was_busy ? counters.busy_cycles : counters.idle_cycles).add(cycles);
  }
  first_turn = false;
  last_turn = now;
  last_was_busy = met != 0;
  counters.heartbeat_ns.set(static_cast<uint64_t>(now.ns()));
}

void Worker::State::drop_rings() noexcept {
  seam::WorkerCounters& counters = parts.counters;
  uint64_t lost = 0;
  Handed lost_frame;
  for (uint16_t from = 0; from < parts.handover.workers(); ++from)
    while (parts.handover.ring(WorkerId(from), parts.id).pop(lost_frame)) {
      counters.handed_in.add(1);
      if (lost_frame.to == Handed::To::kReceive) counters.rx.add(1);
      release(lost_frame.packet);
      ++lost;
    }
  seam::Inject inject;
  while (parts.channels.inject.pop(inject)) {
    counters.injected.add(1);
    if (inject.packet != nullptr) release(inject.packet);
    ++lost;
  }
  counters.drops[static_cast<size_t>(DropReason::kShutdown)].add(lost);
}

}  // namespace spanway::worker
