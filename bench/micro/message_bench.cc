// SPDX-License-Identifier: BSD-3-Clause
// What the message protocol costs without a network: two connections in one thread, each packet
// handed over where it lies. `cycles` is the share of a request with its answer, or of a message,
// both ends together, at the frequency of the CPU's counter.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "dataplane/base/cycles.h"
#include "dataplane/transport/message/connection.h"
#include "tests/support/receive_memory.h"

namespace spanway::bench {
namespace {

using namespace transport;

Established side(bool client, bool keyed) {
  const Params takes{
      .packet_bytes = 8'900, .streams = 1, .window_bytes = 1u << 25, .window_messages = 1'024};
  Established out{ConnectionId{client ? 1u : 2u},
                  ConnectionId{client ? 2u : 1u},
                  takes,
                  takes,
                  std::nullopt,
                  client};
  if (keyed) {
    out.secrets.emplace();
    out.secrets->client.fill(1);
    out.secrets->server.fill(2);
  }
  return out;
}

struct Pair {
  explicit Pair(bool keyed, uint32_t packet_bytes)
      : options{.packet_bytes = packet_bytes},
        room(packet_bytes),
        memory{test::ReceiveMemory(side(true, keyed).ours),
               test::ReceiveMemory(side(false, keyed).ours)},
        a(side(true, keyed), options, memory[0].bytes(), now),
        b(side(false, keyed), options, memory[1].bytes(), now) {}

  // What `from` has to say now.
  void carry(Connection& from, Connection& to) {
    while (const size_t size = from.write(room, now))
      to.on_packet(std::span<uint8_t>(room).first(size), false, now);
  }

  ConnectionOptions options;
  std::vector<uint8_t> room;
  Nanos now = seconds(1);
  test::ReceiveMemory memory[2];
  Connection a, b;
};

// `window` requests of `bytes` are outstanding, each answered by as many bytes.
void echo(benchmark::State& state) {
  const auto window = static_cast<uint32_t>(state.range(1));
  Pair pair(state.range(2) != 0, 1'400);
  const std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 7);
  for (uint32_t i = 0; i < window; ++i) pair.a.send(0, bytes, i);
  uint64_t answered = 0;
  const uint64_t before = cycle_count();
  for (auto _ : state) {
    pair.now += micros(2);
    pair.carry(pair.a, pair.b);
    while (pair.b.next()) {
      pair.b.send(0, bytes, 0);
      pair.b.consume();
    }
    while (pair.b.take_done()) {
    }
    pair.carry(pair.b, pair.a);
    while (pair.a.take_done()) {
    }
    while (pair.a.next()) {
      pair.a.consume();
      pair.a.send(0, bytes, 0);
      ++answered;
    }
    if (pair.a.deadline(pair.now) <= pair.now) pair.a.on_timer(pair.now);
    if (pair.b.deadline(pair.now) <= pair.now) pair.b.on_timer(pair.now);
  }
  const uint64_t after = cycle_count();
  state.counters["cycles"] = static_cast<double>(after - before) / static_cast<double>(answered);
}
BENCHMARK(echo)
    ->Args({64, 1, 0})
    ->Args({64, 32, 0})
    ->Args({64, 32, 1})
    ->ArgNames({"bytes", "window", "keyed"});

// Messages of 8 MiB, one after the other, in packets of `packet` bytes.
void stream(benchmark::State& state) {
  Pair pair(state.range(1) != 0, static_cast<uint32_t>(state.range(0)));
  const std::vector<uint8_t> bytes(kMostMessageBytes, 7);
  uint64_t received = 0;
  for (auto _ : state) {
    pair.a.send(0, bytes, 0);
    while (!pair.a.take_done()) {
      pair.now += micros(2);
      pair.carry(pair.a, pair.b);
      pair.carry(pair.b, pair.a);
      if (pair.a.deadline(pair.now) <= pair.now) pair.a.on_timer(pair.now);
    }
    while (const auto got = pair.b.next()) {
      received += got->bytes.size();
      pair.b.consume();
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(received));
}
BENCHMARK(stream)
    ->Args({1'400, 0})
    ->Args({8'900, 0})
    ->Args({8'900, 1})
    ->ArgNames({"packet", "keyed"});

}  // namespace
}  // namespace spanway::bench

BENCHMARK_MAIN();
