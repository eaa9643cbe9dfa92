// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/attach_loop.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/clock.h"

namespace spanway::attach::test {
namespace {

constexpr size_t kSessions = 1024, kPacketBytes = 1400;
const IpAddr kHere = Ip4Addr(192, 0, 2, 1);

transport::HostOptions host_options() {
  transport::HostOptions options;
  options.most_sessions = kSessions;
  options.connection.packet_bytes = kPacketBytes;
  options.connection.sender.segment = kPacketBytes;
  return options;
}

void entropy(void* source, std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*static_cast<Random*>(source))());
}

Surroundings around(transport::Host& host, Service& service, const Limits& limits) {
  Surroundings out{host, {&service}, {}, 4'096, limits};
  out.params.packet_bytes = kPacketBytes;
  // Longer than any machine is busy with something else.
  out.params.idle_ms = 600'000;
  return out;
}

std::string new_path() {
  static std::atomic<unsigned> count{0};
  return "/tmp/spanway-attach-" + std::to_string(getpid()) + "-" + std::to_string(count++) +
         ".sock";
}

}  // namespace

Loop::Loop(const Limits& limits)
    : socket_(new_path()),
      host_(host_options(), *this, &entropy, &random_),
      service_(0, limits.applications),
      endpoint_(kSessions, host_.rings(WorkerId{0}), {&service_}, MonotonicClock().now()),
      server_(
          std::make_unique<Server>(ServerOptions{socket_, {}}, around(host_, service_, limits))),
      room_(kPacketBytes) {
  const Status status = server_->listen();
  SPANWAY_CHECK(status);
}

Loop::~Loop() { halt(); }

bool Loop::send_datagram(std::span<const uint8_t> packet) {
  // IPv4 without options, then UDP.
  constexpr size_t kFront = 28;
  SPANWAY_CHECK(packet.size() > kFront && packet[0] == 0x45);
  const auto port = [&](size_t at) {
    return static_cast<uint16_t>(packet[at] << 8 | packet[at + 1]);
  };
  wire_.push_back({{{kHere, port(22)}, {kHere, port(20)}},
                   std::vector<uint8_t>(packet.begin() + kFront, packet.end())});
  return true;
}

std::optional<IpAddr> Loop::source_towards(const IpAddr& destination) {
  return destination == kHere ? std::optional(kHere) : std::nullopt;
}

std::span<uint8_t> Loop::room(const transport::Session&) noexcept { return room_; }

void Loop::send(const transport::Session& session, size_t bytes) noexcept {
  wire_.push_back(
      {{session.path().peer, session.path().own},
       std::vector<uint8_t>(room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(bytes))});
}

unsigned Loop::step(Nanos now) {
  server_->step(now);
  host_.step(now);
  unsigned met = 0;
  for (size_t count = wire_.size(); count != 0; --count, ++met) {
    Datagram datagram = std::move(wire_.front());
    wire_.pop_front();
    if (dark) continue;
    const auto header = transport::read_header(datagram.payload);
    if (header && header->kind == transport::PacketKind::kData) {
      endpoint_.on_packet(datagram.path, datagram.payload, false, now);
      continue;
    }
    if (header && header->kind == transport::PacketKind::kHello) {
      transport::ChallengePacket answer;
      if (!host_.welcome().gate().challenge(datagram.path.peer, datagram.payload, answer, now))
        wire_.push_back({{datagram.path.peer, datagram.path.own}, {answer.begin(), answer.end()}});
      continue;
    }
    host_.on_packet(WorkerId{0}, datagram.path, datagram.payload, now);
  }
  return met + endpoint_.serve(now, *this);
}

void Loop::run() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    const MonotonicClock clock;
    unsigned idle = 0;
    while (!stop.stop_requested()) {
      idle = step(clock.now()) != 0 ? 0 : idle + 1;
      if (idle < 64) continue;
      if (!service_.lie_down()) continue;
      pollfd socket{server_->poll_fd(), POLLIN, 0};
      poll(&socket, 1, 1);
      service_.get_up();
    }
  });
}

void Loop::halt() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

}  // namespace spanway::attach::test
