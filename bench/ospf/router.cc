// SPDX-License-Identifier: BSD-3-Clause
// What a change of the link-state database costs a whole router of ours.
//
//   bench_ospf_router ROUTERS EXTERNALS SEED COUNT CHANGE...
//
// The router and the rest of its area (Speaker) in one process, in virtual time. Only control's
// step() is counted, from a packet that a worker has handed over to routes in the tables that
// workers read; the workers poll anyway. Prints one JSON object: CPU milliseconds of the load, and
// the median of one change of each kind (Area): link, near, stub, external.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/micro/report.h"
#include "bench/ospf/area.h"
#include "bench/ospf/speaker.h"
#include "control/config/validate.h"
#include "control/daemon/engine.h"
#include "dataplane/base/check.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"
#include "drivers/dpdk/buffer_pool.h"
#include "drivers/dpdk/eal.h"
#include "drivers/sim/network.h"

namespace spanway::bench {
namespace {

constexpr const char* kConfig = R"(
[[port]]
name = "p0"
device = "sim:wire.a"
addresses = ["172.31.0.1/30"]
[ospf]
router_id = "10.0.0.1"
spf_long_ms = 50
[[ospf.port]]
name = "p0"
type = "point-to-point"
cost = 10
)";
constexpr EtherAddr kSpeakerMac{{2, 0, 0, 0, 0, 2}}, kGroupMac{{1, 0, 0x5e, 0, 0, 5}};
constexpr Nanos kRest = millis(1'500);  // between changes: a router may say news once in a second

// The speaker's end of the wire.
class FarEnd {
 public:
  FarEnd(const Area& area, sim::Network& network, BufferSource buffers)
      : buffers_(buffers), speaker_(area, [this](const auto& packet) { send(packet); }) {
    auto port = network.open("far", "wire.b", {});
    SPANWAY_CHECK(port && (*port)->start());
    port_ = std::move(*port);
  }
  ~FarEnd() { port_->stop(); }
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;

  Speaker& speaker() { return speaker_; }
  void serve(Nanos now) {
    now_ = now;
    speaker_.tick(now);
    Packet* packets[32];
    const uint16_t count = port_->rx_burst(QueueId{0}, packets, 32, now);
    for (uint16_t i = 0; i < count; ++i) {
      const std::span frame(data(packets[i]), length(packets[i]));
      constexpr size_t kFront = sizeof(EtherHeader) + sizeof(Ip4Header);
      if (frame.size() > kFront && frame[12] == 8 && frame[13] == 0 &&
          frame[sizeof(EtherHeader) + 9] == ip_proto::kOspf)
        speaker_.receive(frame.subspan(kFront));
      release(packets[i]);
    }
  }

 private:
  void send(const std::vector<uint8_t>& payload) {
    Packet* packet = buffers_.allocate();
    SPANWAY_CHECK(packet != nullptr);
    EtherHeader ether{kGroupMac, kSpeakerMac, Be16(0x0800)};
    Ip4Header ip{};
    ip.version_ihl = 0x45;
    ip.dscp_ecn = 0xc0;
    ip.total_length = Be16(static_cast<uint16_t>(sizeof ip + payload.size()));
    ip.ttl = 1;
    ip.protocol = ip_proto::kOspf;
    ip.source = Ip4Wire::of(Area::kNext);
    ip.destination = Ip4Wire::of(ospf::kAllSpfRouters);
    ip4_checksum_fill(ip);
    uint8_t* at = append(packet, static_cast<uint16_t>(sizeof ether + sizeof ip + payload.size()));
    SPANWAY_CHECK(at != nullptr);
    std::memcpy(at, &ether, sizeof ether);
    std::memcpy(at + sizeof ether, &ip, sizeof ip);
    std::memcpy(at + sizeof ether + sizeof ip, payload.data(), payload.size());
    if (port_->tx_burst(QueueId{0}, &packet, 1, now_) == 0) release(packet);
  }

  BufferSource buffers_;
  std::unique_ptr<drivers::Port> port_;
  Speaker speaker_;
  Nanos now_{};
};

class World {
 public:
  World(size_t routers, size_t externals, uint64_t seed, BufferSource buffers)
      : area_(routers, externals, seed) {
    SPANWAY_CHECK(network_.add("wire"));
    daemon::EngineOptions options;
    options.buffers = buffers;
    options.network = &network_;
    options.seed = seed;
    engine_ = std::make_unique<daemon::Engine>(options);
    const auto config = config::load_text(kConfig, "bench");
    SPANWAY_CHECK(config && engine_->store().apply(*config, now_));
    far_ = std::make_unique<FarEnd>(area_, network_, buffers);
  }

  // The wire's two ends, a worker and control take turns; CPU milliseconds of control.
  double run_for(Nanos span) {
    double spent = 0;
    for (const Nanos end = now_ + span; now_ < end; now_ += millis(1)) {
      far_->serve(now_);
      const bool work = engine_->turn(WorkerId{0}, now_) != 0;
      if (!work && now_ < due_) continue;
      const double before = thread_cpu_seconds();
      due_ = engine_->step(now_);
      spent += thread_cpu_seconds() - before;
    }
    return spent * 1e3;
  }
  double load() {
    double spent = 0;
    for (int i = 0; i < 600 && !done(); ++i) spent += run_for(millis(100));
    SPANWAY_CHECK(done());
    return spent + run_for(seconds(6));
  }
  double change(const std::string& what) {
    const auto lsa = what == "link"   ? area_.change_link()
                     : what == "near" ? area_.change_near()
                     : what == "stub" ? area_.change_stub()
                                      : area_.change_external();
    far_->speaker().flood(*lsa);
    const double spent = run_for(kRest);
    SPANWAY_CHECK(far_->speaker().acknowledged());
    return spent;
  }
  [[nodiscard]] size_t routes() const { return engine_->publisher().stats().routes4; }

 private:
  [[nodiscard]] bool done() const {
    return far_->speaker().full() && far_->speaker().handed_over() >= area_.lsas().size();
  }

  Area area_;
  sim::Network network_;
  std::unique_ptr<daemon::Engine> engine_;
  std::unique_ptr<FarEnd> far_;
  Nanos now_{}, due_{};
};

int run(int count, char** args) {
  const auto number = [&](int at) { return std::strtoull(args[at], nullptr, 10); };
  SPANWAY_CHECK(drivers::start_eal({}));
  const auto pool = drivers::BufferPool::make("bench");
  SPANWAY_CHECK(pool);
  World world(number(1), number(2), number(3), (*pool)->source());
  const double load = world.load();
  std::printf("{\"routers\": %s, \"externals\": %s, \"routes\": %zu, \"load_ms\": %.3f", args[1],
              args[2], world.routes(), load);
  std::vector<double> calm;
  for (int i = 0; i < 9; ++i) calm.push_back(world.run_for(kRest));
  std::printf(", \"calm_ms\": %.6f", median(calm));
  for (int at = 5; at < count; ++at) {
    std::vector<double> times;
    for (unsigned long long i = 0; i < number(4); ++i) times.push_back(world.change(args[at]));
    std::printf(", \"%s_ms\": %.6f", args[at], std::max(0.0, median(times) - median(calm)));
  }
  std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace spanway::bench

int main(int count, char** args) {
  if (count < 6) {
    std::fprintf(stderr, "usage: bench_ospf_router ROUTERS EXTERNALS SEED COUNT CHANGE...\n");
    return 2;
  }
  return spanway::bench::run(count, args);
}
