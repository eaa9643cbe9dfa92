// SPDX-License-Identifier: BSD-3-Clause
// What recovery costs a packet, both ends together: it is sent, noted by the receiver, and
// acknowledged. `cycles` is a packet's share, at the frequency of the CPU's counter.
#include <benchmark/benchmark.h>

#include "dataplane/base/cycles.h"
#include "dataplane/transport/recovery/receive_log.h"
#include "dataplane/transport/recovery/sender.h"
#include "dataplane/transport/recovery/timer_wheel.h"

namespace spanway::bench {
namespace {

using namespace transport;

struct Sum {
  uint64_t delivered_ = 0;
  void delivered(PacketNumber n) noexcept { delivered_ += n.value(); }
  void lost(PacketNumber) noexcept {}
  void late(PacketNumber) noexcept {}
};

// `window` packets stay in flight, every `every`-th is acknowledged at once.
void sent_and_acknowledged(benchmark::State& state) {
  const auto window = static_cast<uint32_t>(state.range(0));
  const auto every = static_cast<uint32_t>(state.range(1));
  const SenderOptions options{};
  const AckPolicy policy{.every = every};
  Sender sender(options, PacketNumber(0));
  ReceiveLog log(policy, PacketNumber(0));
  Sum sum;
  Nanos now = seconds(1);
  for (uint32_t i = 0; i < window; ++i) sender.on_sent(64, now);
  PacketNumber arriving(0);
  const uint64_t before = cycle_count();
  for (auto _ : state) {
    now += Nanos(100);
    log.note(arriving, true, false, now);
    ++arriving;
    if (log.ack_due(now)) {
      AckRanges room;
      const Ack ack{ranges_of(log.words(), room), log.delay(now), log.ce_count()};
      log.told();
      sender.on_ack(ack, now, sum);
    }
    if (sender.may_send(64, now)) sender.on_sent(64, now);
  }
  const uint64_t after = cycle_count();
  benchmark::DoNotOptimize(sum.delivered_);
  state.counters["cycles"] =
      static_cast<double>(after - before) / static_cast<double>(state.iterations());
}
BENCHMARK(sent_and_acknowledged)
    ->Args({32, 1})
    ->Args({32, 2})
    ->Args({32, 16})
    ->ArgNames({"window", "every"});

// An acknowledgement moves the deadline; the wheel looks now and then.
void timer_moved(benchmark::State& state) {
  Nanos now = seconds(1);
  TimerWheel wheel(now);
  Timer timer;
  const uint64_t before = cycle_count();
  for (auto _ : state) {
    now += Nanos(100);
    wheel.arm(timer, now + millis(1));
    wheel.advance(now, 16, [](Timer&) {});
  }
  const uint64_t after = cycle_count();
  wheel.cancel(timer);
  state.counters["cycles"] =
      static_cast<double>(after - before) / static_cast<double>(state.iterations());
}
BENCHMARK(timer_moved);

}  // namespace
}  // namespace spanway::bench

BENCHMARK_MAIN();
