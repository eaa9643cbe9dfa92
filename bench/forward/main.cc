// SPDX-License-Identifier: BSD-3-Clause
// The forwarding marks' own side. bench/run starts it, and asks for one window at a time:
//
//   bench_forward write FILE TRAFFIC...          writes the frames as a pcap file
//   bench_forward serve FILE CORE MEMORY KERNEL TRAFFIC...
//
// where TRAFFIC is FAMILY ROUTES FRAMES BAD_PERCENT SEED [PREFIXES] and MEMORY is `hugepages` or
// `no-huge`. `serve` reads lines from its standard input: "worker TURNS", "churn TURNS" (the same
// while another thread changes routes), "macswap TURNS", "rxonly TURNS"; each is answered by one
// line "PACKETS CYCLES", cycles being TSC cycles of this thread's CPU time; "changes 0" is answered
// by the number of routes changed so far and the nanoseconds that took, and "tsc_hz 0" by the
// number.
// Between windows it sleeps in read(), so that the rival has the core to itself.
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ether.h>
#include <time.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "bench/cores.h"
#include "bench/forward/bare_port.h"
#include "bench/forward/churn.h"
#include "bench/forward/frames.h"
#include "bench/forward/router.h"
#include "dataplane/base/check.h"
#include "dataplane/base/cores.h"
#include "dataplane/base/tuning.h"
#include "dataplane/worker/turn_clock.h"

namespace spanway::bench {
namespace {

uint64_t thread_cpu_ns() {
  timespec ts{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(ts.tv_nsec);
}

rte_mempool* start_dpdk(const std::string& file, const std::string& core, const std::string& memory,
                        unsigned frames) {
  // The pcap driver keeps a buffer for each frame.
  const unsigned buffers = frames + 16383;
  const std::string mib = frames <= 8192 ? "256" : "640";
  std::vector<std::string> text = {"bench_forward",
                                   "-l",
                                   core,
                                   "--no-pci",
                                   "--no-telemetry",
                                   "--log-level=error",
                                   "--vdev=net_pcap0,rx_pcap=" + file + ",infinite_rx=1",
                                   "--vdev=net_null0,no-rx=1"};
  if (memory == "hugepages")
    text.insert(text.end(), {"--in-memory", "-m", mib});
  else
    text.insert(text.end(), {"--no-huge", "--no-shconf", "-m", mib});
  std::vector<char*> args;
  for (std::string& one : text) args.push_back(one.data());
  SPANWAY_CHECK(rte_eal_init(static_cast<int>(args.size()), args.data()) >= 0);
  rte_mempool* pool =
      rte_pktmbuf_pool_create("bench", buffers, tuning::kPoolCache, sizeof(Meta),
                              RTE_PKTMBUF_HEADROOM + tuning::kBufferBytes, SOCKET_ID_ANY);
  SPANWAY_CHECK(pool != nullptr);
  return pool;
}

// What any forwarder pays: frames in, addresses swapped, frames out. The control of a noisy run.
unsigned swap_turn(BarePort& in, BarePort& out, bool swap) noexcept {
  std::array<Packet*, tuning::kBurst> packets;
  const uint16_t count = rte_eth_rx_burst(in.device(), 0, packets.data(), tuning::kBurst);
  if (swap)
    for (unsigned i = 0; i < count; ++i) {
      auto* ether = rte_pktmbuf_mtod(packets[i], rte_ether_hdr*);
      std::swap(ether->dst_addr, ether->src_addr);
    }
  const uint16_t sent = rte_eth_tx_burst(out.device(), 0, packets.data(), count);
  if (sent < count) release_burst(packets.data() + sent, count - sent);
  return count;
}

template <class Turn>
void window(uint64_t turns, const Turn& turn) {
  uint64_t packets = 0;
  const uint64_t began = thread_cpu_ns();
  for (uint64_t i = 0; i < turns; ++i) packets += turn();
  const uint64_t ns = thread_cpu_ns() - began;
  const double cycles = static_cast<double>(ns) * 1e-9 * static_cast<double>(rte_get_tsc_hz());
  std::cout << packets << ' ' << static_cast<uint64_t>(cycles) << std::endl;
}

worker::KernelChoice kernel_named(const std::string& name) {
  if (name == "slow") return worker::KernelChoice::kNone;
  if (name == "scalar") return worker::KernelChoice::kScalar;
  if (name == "avx2") return worker::KernelChoice::kAvx2;
  if (name == "avx512") return worker::KernelChoice::kAvx512;
  return worker::KernelChoice::kBest;
}

void report(const seam::WorkerCounters& counters) {
  std::cerr << "rx " << counters.rx.get() << " tx " << counters.tx.get();
  for (size_t i = 0; i < kDropReasons; ++i)
    if (const uint64_t n = counters.drops[i].get(); n != 0)
      std::cerr << ' ' << kDropReasonNames[i] << ' ' << n;
  std::cerr << " fused " << counters.stages[static_cast<size_t>(seam::Stage::kFused)].packets.get()
            << '\n';
}

std::vector<unsigned> cores_beside(const std::string& core) {
  std::vector<unsigned> cores = allowed_cores();
  std::erase(cores, static_cast<unsigned>(std::strtoul(core.c_str(), nullptr, 10)));
  return cores;
}

int serve(const std::string& file, const std::string& core, const std::string& memory,
          const std::string& kernel, const Traffic& traffic) {
  const std::vector<unsigned> others = cores_beside(core);
  rte_mempool* pool = start_dpdk(file, core, memory, traffic.frames);
  BarePort in(0, pool), out(1, pool);
  const RouteTable routes = make_routes(traffic);
  Router router(routes, in, out, BufferSource(pool), kernel_named(kernel));
  const MonotonicClock engine_clock;
  worker::TurnClock clock(engine_clock);
  std::string what;
  uint64_t turns = 0, changes = 0;
  Nanos changing;
  while (std::cin >> what >> turns) {
    if (what == "tsc_hz")
      std::cout << rte_get_tsc_hz() << std::endl;
    else if (what == "changes")
      std::cout << changes << ' ' << changing.ns() << std::endl;
    else if (what == "worker")
      window(turns, [&] { return router.turn(clock.now()); });
    else if (what == "churn") {
      if (others.empty()) {
        std::cerr << "churn needs two cores: one for the worker, one for control\n";
        return 2;
      }
      if (changes == 0)
        SPANWAY_CHECK(router.tables().fib4.insert(Prefix4(Ip4Addr(), 0), Router::slot({})));
      const Nanos began = engine_clock.now();
      Churn churn(router, routes, traffic.seed + changes, others);
      window(turns, [&] { return router.turn(clock.now()); });
      changing = changing + (engine_clock.now() - began);
      changes += churn.changes();
    } else
      window(turns, [&, swap = what == "macswap"] { return swap_turn(in, out, swap); });
  }
  report(router.counters());
  return 0;
}

Traffic traffic_of(char** args) {
  const auto number = [](const char* text) {
    return static_cast<unsigned>(std::strtoul(text, nullptr, 10));
  };
  return {.six = std::string(args[0]) == "ip6",
          .routes = number(args[1]),
          .frames = number(args[2]),
          .bad_percent = number(args[3]),
          .seed = number(args[4]),
          .prefixes = args[5] != nullptr ? args[5] : ""};
}

int run(int count, char** args) {
  const std::string verb = count > 1 ? args[1] : "";
  if (verb == "write" && (count == 8 || count == 9)) {
    const Traffic traffic = traffic_of(args + 3);
    return write_pcap(args[2], make_frames(traffic, make_routes(traffic))) ? 0 : 1;
  }
  if (verb == "serve" && (count == 11 || count == 12))
    return serve(args[2], args[3], args[4], args[5], traffic_of(args + 6));
  std::cerr << "bench_forward is started by bench/run\n";
  return 2;
}

}  // namespace
}  // namespace spanway::bench

int main(int count, char** args) { return spanway::bench::run(count, args); }
