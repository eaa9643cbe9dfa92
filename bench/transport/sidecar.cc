// SPDX-License-Identifier: BSD-3-Clause
#include "bench/transport/sidecar.h"

#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "dataplane/base/check.h"

namespace spanway::bench {
namespace {

constexpr size_t kSessions = 16;
constexpr int kPatienceMs = 10'000;

IpAddr address_of(uint8_t number) { return Ip4Addr(192, 0, 2, number); }

transport::HostOptions host_options(size_t packet_bytes) {
  transport::HostOptions options;
  options.most_sessions = kSessions;
  options.connection.packet_bytes = static_cast<uint16_t>(packet_bytes);
  options.connection.sender.segment = static_cast<uint16_t>(packet_bytes);
  return options;
}

void entropy(void* source, std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*static_cast<Random*>(source))());
}

std::string new_path() {
  static std::atomic<unsigned> count{0};
  return "/tmp/spanway-sidecar-" + std::to_string(getpid()) + "-" + std::to_string(count++) +
         ".sock";
}

int sure(int result) {
  SPANWAY_CHECK(result >= 0);
  return result;
}

}  // namespace

Node::Node(uint8_t number, Nanos now)
    : address_(address_of(number)),
      random_(number),
      host_(host_options(kPacketBytes), *this, &entropy, &random_),
      service_(0, attach::Limits{}.applications),
      endpoint_(kSessions, host_.rings(WorkerId{0}), {&service_}, now),
      socket_(new_path()),
      slots_(kSlots) {
  attach::Surroundings around{host_, {&service_}, {}, 4'096, {}};
  around.params.packet_bytes = kPacketBytes;
  server_ = std::make_unique<attach::Server>(attach::ServerOptions{socket_, {}}, std::move(around));
  const Status listens = server_->listen();
  SPANWAY_CHECK(listens);
}

bool Node::send_datagram(std::span<const uint8_t> packet) {
  // IPv4 without options, then UDP.
  constexpr size_t kFront = 28;
  SPANWAY_CHECK(packet.size() > kFront && packet[0] == 0x45);
  const auto port = [&](size_t at) {
    return static_cast<uint16_t>(packet[at] << 8 | packet[at + 1]);
  };
  handshake_.push_back({{{peer_->address_, port(22)}, {address_, port(20)}},
                        std::vector<uint8_t>(packet.begin() + kFront, packet.end())});
  return true;
}

std::optional<IpAddr> Node::source_towards(const IpAddr& destination) {
  return destination == peer_->address_ ? std::optional(address_) : std::nullopt;
}

std::span<uint8_t> Node::room(const transport::Session&) noexcept {
  return written_ < kSlots ? std::span<uint8_t>(slots_[written_].bytes) : std::span<uint8_t>();
}

void Node::send(const transport::Session& session, size_t bytes) noexcept {
  Slot& slot = slots_[written_++];
  slot.path = {session.path().peer, session.path().own};
  slot.size = bytes;
}

void Node::carry(Nanos now) noexcept {
  for (Slot& slot : std::span(slots_).first(std::exchange(written_, 0)))
    peer_->endpoint_.on_packet(slot.path, std::span(slot.bytes).first(slot.size), false, now);
}

void Node::hear(const transport::Path& path, std::span<uint8_t> payload, Nanos now) {
  const auto header = transport::read_header(payload);
  transport::ChallengePacket answer;
  if (!header || header->kind != transport::PacketKind::kHello)
    host_.on_packet(WorkerId{0}, path, payload, now);
  else if (!host_.welcome().gate().challenge(path.peer, payload, answer, now))
    handshake_.push_back({{path.peer, path.own}, {answer.begin(), answer.end()}});
}

void Node::step_control(Nanos now) {
  server_->step(now);
  host_.step(now);
  for (Datagram& datagram : std::exchange(handshake_, {}))
    peer_->hear(datagram.path, datagram.payload, now);
}

Sidecar::Sidecar() : near_(1, now_), far_(2, now_) {
  near_.join(far_);
  far_.join(near_);
  connect();
}

Sidecar::~Sidecar() {
  spanway_detach(client_);
  spanway_detach(server_);
}

// The library waits for answers meanwhile, so somebody else has to be the daemons.
void Sidecar::connect() {
  const std::jthread daemons([&](const std::stop_token& stop) {
    for (; !stop.stop_requested(); now_ += micros(2)) {
      for (Node* node : {&near_, &far_}) {
        node->step_control(now_);
        node->turn(now_);
        node->carry(now_);
      }
      std::this_thread::yield();
    }
  });
  sure(spanway_attach(near_.socket().c_str(), &client_));
  sure(spanway_attach(far_.socket().c_str(), &server_));
  const auto port = static_cast<uint16_t>(sure(spanway_listen(server_, 0, nullptr)));
  sure(spanway_connect(client_, "192.0.2.2", port, nullptr, kPatienceMs, &asks_));
  sure(spanway_accept(server_, port, kPatienceMs, &answers_));
}

uint64_t Sidecar::echo(std::span<const uint8_t> bytes, uint32_t window) {
  now_ += micros(2);
  for (; outstanding_ < window && spanway_send(asks_, 0, bytes.data(), bytes.size(), 0) == 0;)
    ++outstanding_;
  near_.turn(now_);
  near_.carry(now_);
  far_.turn(now_);
  far_.carry(now_);
  spanway_message message;
  while (spanway_receive(answers_, &message, 0) == 0) {
    if (spanway_send(answers_, message.stream, message.data, message.bytes, 0) != 0) break;
    spanway_release(answers_, &message);
  }
  far_.turn(now_);
  far_.carry(now_);
  near_.turn(now_);
  near_.carry(now_);
  uint64_t answers = 0;
  for (; spanway_receive(asks_, &message, 0) == 0; ++answers) spanway_release(asks_, &message);
  outstanding_ -= static_cast<uint32_t>(answers);
  return answers;
}

}  // namespace spanway::bench
