// SPDX-License-Identifier: BSD-3-Clause
// Connections that control makes, reads and buries while a worker runs them: two threads, one
// router that talks to itself.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <thread>

#include "control/transport/host.h"
#include "control/transport/probes.h"
#include "dataplane/base/clock.h"
#include "dataplane/packet/headers.h"

namespace spanway::transport {
namespace {

constexpr uint16_t kPort = 7007;
const IpAddr kOurs = Ip4Addr(10, 0, 0, 1);
constexpr size_t kMost = 64;

void count_up(void* state, std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*static_cast<Random*>(state))() >> 9);
}

Path turned(const Path& path) { return {path.peer, path.own}; }

// Control's datagrams come back to control, as if a worker had punted them.
struct Wire final : Outlet {
  bool send_datagram(std::span<const uint8_t> packet) override {
    packets.emplace_back(packet.begin(), packet.end());
    return true;
  }
  std::optional<IpAddr> source_towards(const IpAddr&) override { return kOurs; }
  std::deque<std::vector<uint8_t>> packets;
};

// The worker's packets come back to the worker.
struct Loop final : PacketSink {
  std::span<uint8_t> room(const Session&) noexcept override { return buffer; }
  void send(const Session& session, size_t bytes) noexcept override {
    sent.emplace_back(
        turned(session.path()),
        std::vector<uint8_t>(buffer.begin(), buffer.begin() + static_cast<long>(bytes)));
  }
  std::vector<uint8_t> buffer = std::vector<uint8_t>(1'500);
  std::deque<std::pair<Path, std::vector<uint8_t>>> sent;
};

class Router {
 public:
  Router()
      : host_({.workers = 1, .most_sessions = kMost}, wire_, count_up, &random_),
        probes_(host_, apps_),
        endpoint_(kMost, host_.rings(WorkerId{0}), {&apps_.clients[0]}, clock_.now()),
        worker_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) turn();
        }) {
    EXPECT_TRUE(probes_.listen(kPort));
  }

  // Control's turn.
  void step() {
    while (!wire_.packets.empty()) {
      const std::vector<uint8_t> packet = std::move(wire_.packets.front());
      wire_.packets.pop_front();
      hear(packet);
    }
    host_.step(clock_.now());
    probes_.step(clock_.now());
    // What an operator would read meanwhile.
    for (const Host::View& view : host_.sessions())
      seen_ += view.session->gauges().packets_sent.get();
  }
  uint32_t start(const ProbeOptions& options) {
    const auto number = probes_.start({kOurs, kPort}, std::nullopt, options, clock_.now());
    EXPECT_TRUE(number);
    return *number;
  }
  Probes::Probe& finish(uint32_t number) {
    Probes::Probe* probe = probes_.poll(number, clock_.now());
    while (probe->alive) {
      step();
      std::this_thread::yield();
    }
    ProbeJob::Reply reply;
    while (probe->job->replies.pop(reply)) ++replies;
    return *probe;
  }
  [[nodiscard]] size_t sessions() const { return host_.sessions().size(); }
  uint64_t replies = 0;

 private:
  void turn() {
    endpoint_.serve(clock_.now(), loop_);
    while (!loop_.sent.empty()) {
      auto [path, packet] = std::move(loop_.sent.front());
      loop_.sent.pop_front();
      endpoint_.on_packet(path, packet, false, clock_.now());
    }
    std::this_thread::yield();
  }
  void hear(const std::vector<uint8_t>& packet) {
    UdpHeader udp;
    std::memcpy(&udp, packet.data() + sizeof(Ip4Header), sizeof udp);
    const auto payload = std::span(packet).subspan(sizeof(Ip4Header) + sizeof udp);
    const Path path{{kOurs, udp.destination_port.host()}, {kOurs, udp.source_port.host()}};
    if (read_header(payload)->kind != PacketKind::kHello)
      return host_.on_packet(WorkerId{0}, path, payload, clock_.now());
    ChallengePacket answer;
    if (!host_.welcome().gate().challenge(path.peer, payload, answer, clock_.now()))
      host_.on_packet(WorkerId{0}, turned(path), answer, clock_.now());
  }

  MonotonicClock clock_;
  Random random_{1};
  Wire wire_;
  Loop loop_;
  ProbeApps apps_{1};
  Host host_;
  Probes probes_;
  Endpoint endpoint_;
  uint64_t seen_ = 0;
  std::jthread worker_;
};

TEST(TransportRace, ControlMakesAndBuriesWhatTheWorkerRuns) {
  Router router;
  for (int round = 0; round < 20; ++round) {
    const uint32_t echo =
        router.start({.kind = ProbeKind::kEcho, .outstanding = 8, .duration = millis(10)});
    const uint32_t stream = router.start(
        {.kind = ProbeKind::kStream, .bytes = 20'000, .outstanding = 4, .duration = millis(10)});
    const uint32_t ping =
        router.start({.kind = ProbeKind::kPing, .count = 10, .interval = micros(100)});
    EXPECT_GT(router.finish(echo).job->done.get(), 0u);
    EXPECT_GT(router.finish(stream).job->done.get(), 0u);
    EXPECT_EQ(router.finish(ping).job->done.get(), 10u);
  }
  EXPECT_EQ(router.replies, 200u);
  // The server's halves linger a little longer.
  while (router.sessions() != 0) router.step();
}

}  // namespace
}  // namespace spanway::transport
