// SPDX-License-Identifier: BSD-3-Clause
// A channel as its worker serves it, with a connection on it whose peer is in the same hands, and
// the application's side of the memory to write anything into.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "dataplane/attach/channel.h"
#include "tests/support/receive_memory.h"
#include "tests/support/shared_ring.h"

namespace spanway::attach::test {

class AttachedPair {
 public:
  static constexpr uint32_t kSubmissions = 64, kSlots = 4;
  static constexpr RegionPlan kPlan{.streams = 2,
                                    .window_bytes = 1u << 14,
                                    .window_messages = 8,
                                    .send_streams = 2,
                                    .send_bytes = 1u << 14,
                                    .send_messages = 8};

  explicit AttachedPair(uint32_t completions = 256)
      : completions_room_(completions),
        channel_(submissions_room_.memory(), completions_room_.memory(), kSlots, -1),
        submissions_(submissions_room_.memory()),
        completions_(completions_room_.memory()),
        send_(kPlan.sent_bytes()),
        near_(established(true), options_, receive_.bytes(), now_),
        far_(established(false), options_, far_receive_.bytes(), now_) {
    attachment_.key = ConnectionKey::of(1, 1);
    attachment_.channels = by_worker_;
    attachment_.receive = receive_.bytes();
    attachment_.send = send_;
    channel_.open(attachment_, near_, nullptr, now_);
  }

  // What the application submits, all of it visible.
  void submit(const Entry& entry) {
    submissions_.push(entry);
    submissions_.publish();
  }
  // A turn of the worker: submissions, packets both ways, what came of them.
  void turn() {
    now_ += micros(50);
    channel_.serve(now_);
    for (bool moved = true; moved;) {
      moved = carry(near_, far_);
      moved = carry(far_, near_) || moved;
    }
    near_.on_timer(now_);
    far_.on_timer(now_);
    if (attachment_.connection != nullptr) channel_.ready(attachment_);
    channel_.publish(now_);
  }
  // What the application is told.
  std::vector<Entry> told() {
    std::vector<Entry> all;
    Entry entry;
    while (completions_.pop(entry)) all.push_back(entry);
    completions_.give_back();
    return all;
  }

  [[nodiscard]] Channel& channel() { return channel_; }
  [[nodiscard]] Attachment& attachment() { return attachment_; }
  [[nodiscard]] transport::Connection& near() { return near_; }
  [[nodiscard]] transport::Connection& far() { return far_; }
  [[nodiscard]] RingMemory submissions() { return submissions_room_.memory(); }
  [[nodiscard]] RingMemory completions() { return completions_room_.memory(); }
  [[nodiscard]] std::span<uint8_t> send_area() { return send_; }
  [[nodiscard]] std::span<uint8_t> receive_area() { return receive_.bytes(); }
  [[nodiscard]] Nanos now() const { return now_; }
  void pass(Nanos time) { now_ += time; }

 private:
  static transport::Params takes() {
    return {.streams = static_cast<uint16_t>(kPlan.streams),
            .window_bytes = kPlan.window_bytes,
            .window_messages = kPlan.window_messages};
  }
  static transport::Established established(bool client) {
    using transport::ConnectionId;
    return {ConnectionId{client ? 1u : 2u},
            ConnectionId{client ? 2u : 1u},
            takes(),
            takes(),
            {},
            client};
  }
  bool carry(transport::Connection& from, transport::Connection& to) {
    std::array<uint8_t, 1200> room;
    bool any = false;
    while (const size_t bytes = from.write(room, now_)) {
      any = true;
      to.on_packet(std::span(room).first(bytes), false, now_);
    }
    return any;
  }

  Nanos now_ = seconds(1);
  transport::ConnectionOptions options_;
  RingRoom submissions_room_{kSubmissions};
  RingRoom completions_room_;
  Channel channel_;
  RingProducer submissions_;
  RingConsumer completions_;
  std::array<Channel*, 1> by_worker_{&channel_};
  transport::test::ReceiveMemory receive_{takes()}, far_receive_{takes()};
  std::vector<uint8_t> send_;
  transport::Connection near_, far_;
  Attachment attachment_;
};

}  // namespace spanway::attach::test
