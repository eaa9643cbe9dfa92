// SPDX-License-Identifier: BSD-3-Clause
// The marks echo, echo-sidecar, echo-aead, echo-loss and stream: the message protocol with both
// ends in one thread, against the kernel's sockets in the same thread, in turns.
//
// usage: bench_transport echo|echo-sidecar|echo-aead|echo-loss|stream [ROUNDS]
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/micro/report.h"
#include "bench/transport/kernel.h"
#include "bench/transport/lossy_net.h"
#include "bench/transport/pair.h"
#include "bench/transport/sidecar.h"
#include "dataplane/base/cycles.h"

namespace spanway::bench {
namespace {

constexpr double kTurnSeconds = 0.1;  // of a contestant's turn
constexpr uint32_t kLoopsALook = 64;
constexpr const char* kUsage =
    "usage: bench_transport echo|echo-sidecar|echo-aead|echo-loss|stream [ROUNDS]\n";

struct Contestant {
  std::string name;  // "ours" or a rival's
  std::function<double()> run;
};

Case compete(std::string name, const std::vector<Contestant>& all, unsigned rounds,
             std::string unit, bool higher) {
  std::vector<std::vector<double>> measured(all.size());
  for (unsigned round = 0; round < rounds; ++round)
    for (size_t i = 0; i < all.size(); ++i) measured[i].push_back(all[i].run());
  Case out{.name = std::move(name), .unit = std::move(unit), .higher = higher};
  for (size_t i = 0; i < all.size(); ++i)
    (i == 0 ? out.ours : out.rivals[all[i].name]) = median(measured[i]);
  return out;
}

// Cycles of this thread's CPU time for each of what `turn` says that it did.
double cycles_each(const std::function<uint64_t()>& turn) {
  static const double hertz = [] {
    const double before = wall_seconds();
    const uint64_t count = cycle_count();
    while (wall_seconds() < before + 0.05) {
    }
    return static_cast<double>(cycle_count() - count) / (wall_seconds() - before);
  }();
  uint64_t done = 0;
  const double began = thread_cpu_seconds();
  double now = began;
  for (; now < began + kTurnSeconds; now = thread_cpu_seconds())
    for (uint32_t i = 0; i < kLoopsALook; ++i) done += turn();
  return (now - began) * hertz / static_cast<double>(done);
}

// A pair that lives through all rounds, its time going on by two microseconds a turn.
struct Talk {
  Talk(uint32_t bytes, uint32_t outstanding, const PairOptions& options)
      : data(bytes, 7), window(outstanding), pair(options, now) {}
  double cycles_an_echo() {
    return cycles_each([this] {
      now += micros(2);
      return pair.echo(data, window, now);
    });
  }
  std::vector<uint8_t> data;
  uint32_t window;
  Nanos now = seconds(1);
  Pair pair;
};

Case echo_case(uint32_t bytes, uint32_t window, unsigned rounds) {
  Talk ours(bytes, window, {});
  Sockets udp(Sockets::Kind::kUdp), tcp(Sockets::Kind::kTcp);
  return compete(
      std::to_string(bytes) + " B, window " + std::to_string(window),
      {{"ours", [&] { return ours.cycles_an_echo(); }},
       {"kernel UDP", [&] { return cycles_each([&] { return udp.echo(ours.data, window); }); }},
       {"kernel TCP", [&] { return cycles_each([&] { return tcp.echo(ours.data, window); }); }}},
      rounds, "cycles_a_request", false);
}

std::string echo(unsigned rounds) {
  return document("echo", {echo_case(64, 32, rounds), echo_case(64, 1, rounds),
                           echo_case(512, 32, rounds), echo_case(900, 32, rounds)});
}

Case sidecar_case(uint32_t bytes, uint32_t window, unsigned rounds) {
  const std::vector<uint8_t> data(bytes, 7);
  Sidecar ours;
  Sockets udp(Sockets::Kind::kUdp), tcp(Sockets::Kind::kTcp);
  return compete(
      std::to_string(bytes) + " B, window " + std::to_string(window),
      {{"ours", [&] { return cycles_each([&] { return ours.echo(data, window); }); }},
       {"kernel UDP", [&] { return cycles_each([&] { return udp.echo(data, window); }); }},
       {"kernel TCP", [&] { return cycles_each([&] { return tcp.echo(data, window); }); }}},
      rounds, "cycles_a_request", false);
}

std::string echo_sidecar(unsigned rounds) {
  return document("echo-sidecar", {sidecar_case(64, 32, rounds), sidecar_case(64, 1, rounds),
                                   sidecar_case(512, 32, rounds), sidecar_case(900, 32, rounds)});
}

std::string echo_aead(unsigned rounds) {
  std::vector<Case> cases;
  for (const uint32_t bytes : {64u, 900u}) {
    Talk keyed(bytes, 32, {.keyed = true}), plain(bytes, 32, {});
    cases.push_back(compete(std::to_string(bytes) + " B, window 32",
                            {{"ours", [&] { return keyed.cycles_an_echo(); }},
                             {"ours without keys", [&] { return plain.cycles_an_echo(); }}},
                            rounds, "cycles_a_request", false));
  }
  return document("echo-aead", cases);
}

std::string stream(unsigned rounds) {
  const std::vector<uint8_t> data(8u << 20, 7);
  std::vector<Case> cases;
  for (const uint32_t packet : {1'400u, 8'900u}) {
    Nanos now = seconds(1);
    Pair pair({.packet_bytes = packet}, now);
    Sockets tcp(Sockets::Kind::kTcp);
    const auto gigabits = [](const std::function<uint64_t()>& turn) {
      uint64_t bytes = 0;
      const double began = thread_cpu_seconds();
      double at = began;
      for (; at < began + kTurnSeconds; at = thread_cpu_seconds()) bytes += turn();
      return static_cast<double>(bytes) * 8e-9 / (at - began);
    };
    cases.push_back(
        compete("8 MiB messages, packets of " + std::to_string(packet) + " B",
                {{"ours",
                  [&] {
                    return gigabits([&] {
                      now += micros(2);
                      return pair.stream(data, now);
                    });
                  }},
                 {"kernel TCP", [&] { return gigabits([&] { return tcp.stream(data); }); }}},
                rounds, "gigabits_per_second", true));
  }
  return document("stream", cases);
}

// Echoes a second, and the longest time without an answer, at a share of loss. Time is this
// thread's CPU time, which goes on while it waits, as it polls, and not while others have the core.
struct Stalls {
  // `echo` does a turn of echoes and says how many came back.
  double run(const std::function<uint64_t(std::span<const uint8_t>, Nanos)>& echo) {
    const std::vector<uint8_t> data(64, 7);
    uint64_t answers = 0;
    const Nanos began = clock();
    Nanos now = began, heard = began;
    for (; now - began < millis(200); now = clock()) {
      const uint64_t more = echo(data, now);
      answers += more;
      if (more == 0) continue;
      longest = std::max(longest, now - heard);
      heard = now;
    }
    longest = std::max(longest, now - heard);
    return static_cast<double>(answers) / (now - began).seconds();
  }
  static Nanos clock() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return seconds(now.tv_sec) + Nanos(now.tv_nsec);
  }
  Nanos longest;
};

constexpr uint32_t kLossyWindow = 8;

struct Lossy : Stalls {
  explicit Lossy(double loss) : pair({.loss = loss}, clock()) {}
  double run() {
    return Stalls::run([this](std::span<const uint8_t> data, Nanos now) {
      return pair.echo(data, kLossyWindow, now);
    });
  }
  Pair pair;
};

struct LossyTcp : Stalls {
  double run() {
    return Stalls::run(
        [this](std::span<const uint8_t> data, Nanos) { return sockets.echo(data, kLossyWindow); });
  }
  Sockets sockets{Sockets::Kind::kTcp};
};

std::string echo_loss(unsigned rounds) {
  std::vector<Case> cases;
  const bool has_tcp = enter_own_network();
  if (!has_tcp) std::fputs("echo-loss: without TCP, which needs root, nft and ip\n", stderr);
  for (const double loss : {0.001, 0.01}) {
    Lossy ours(loss), whole(0);
    std::optional<LossyTcp> tcp;
    std::vector<Contestant> all = {{"ours", [&] { return ours.run(); }},
                                   {"ours without loss", [&] { return whole.run(); }}};
    if (has_tcp && lose(loss)) {
      tcp.emplace();
      all.push_back({"kernel TCP", [&] { return tcp->run(); }});
    }
    const std::string name = std::to_string(loss * 100).substr(0, 3) + "% lost: 64 B, window 8";
    cases.push_back(compete(name, all, rounds, "requests_per_second", true));
    Case stall{.name = name + ": longest stall",
               .ours = ours.longest.seconds() * 1e3,
               .rivals = {{"ours without loss", whole.longest.seconds() * 1e3}},
               .unit = "ms",
               .higher = false};
    if (tcp) stall.rivals["kernel TCP"] = tcp->longest.seconds() * 1e3;
    cases.push_back(std::move(stall));
  }
  return document("echo-loss", cases);
}

}  // namespace
}  // namespace spanway::bench

int main(int argc, char** argv) {
  using namespace spanway::bench;
  const std::string mark = argc > 1 ? argv[1] : "";
  const unsigned rounds = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 9;
  std::string out;
  if (mark == "echo") out = echo(rounds);
  if (mark == "echo-sidecar") out = echo_sidecar(rounds);
  if (mark == "echo-aead") out = echo_aead(rounds);
  if (mark == "echo-loss") out = echo_loss(rounds);
  if (mark == "stream") out = stream(rounds);
  if (out.empty()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::fputs(out.c_str(), stdout);
  return 0;
}
