// SPDX-License-Identifier: BSD-3-Clause
// Applications of the message protocol that say what a seed tells them, at their own pace, and
// check what they hear: every message once, in the order of its stream, to the byte. One thread.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/transport/endpoint/endpoint.h"

namespace spanway::test {

using transport::End;

// How an application behaves.
struct Manners {
  uint32_t most_a_stream = 40;         // messages
  uint32_t usual_bytes = 300;          // most of them have no more
  uint32_t longest_bytes = 1 << 18;    // nor any more than this, or than the peer takes
  uint64_t most_bytes = 400'000;       // of all
  Nanos rests{};                       // how long it may be silent, or deaf, in between
  double rests_often = 0.1;            // after a message
  unsigned holds = 1;                  // messages that it reads side by side
  bool deaf = false;                   // does not read before hear() says so
  uint64_t closes_after = UINT64_MAX;  // messages
  Nanos gives_up_after = Nanos::never();
};

// One end of a connection, from its making on.
struct Side {
  uint64_t seed = 0;  // of what it says
  unsigned node = 0, life = 0;
  unsigned to = 0;
  bool client = false;
  Manners manners{};
  uint32_t longest_of_ours = UINT32_MAX;  // that our options let us send
  Nanos made_at{}, failed_at = Nanos::never();

  transport::Session* session = nullptr;  // while it lives
  transport::ConnectionId id{};
  transport::Path path{};
  Side* other = nullptr;
  Nanos opened_at = Nanos::never(), ended_at = Nanos::never(), moved_at{};
  std::optional<End> why;
  bool gone = false;  // its node died

  std::vector<std::vector<uint32_t>> plan;  // bytes of its messages, by stream
  std::vector<uint32_t> sent, received;     // messages, by stream
  std::vector<uint32_t> held;               // read and not yet released, by stream
  uint64_t held_all = 0;
  bool resting = false;                              // before it says more
  std::map<uint64_t, std::vector<uint8_t>> outside;  // by tag, until done
  uint64_t sent_all = 0, done_all = 0, received_all = 0, planned = 0;
  Nanos reads_at{}, sends_at{}, gives_up_at = Nanos::never();
  std::array<uint64_t, static_cast<size_t>(transport::Heard::kCount)> heard{};

  [[nodiscard]] bool settled() const {
    return why.has_value() || gone || failed_at != Nanos::never();
  }
  [[nodiscard]] bool open() const { return opened_at != Nanos::never() && !settled(); }
  // Said everything that it ever will.
  [[nodiscard]] bool said() const {
    return sent_all == planned || sent_all >= manners.closes_after;
  }
  // Of a stream: up to which message all are done.
  [[nodiscard]] uint32_t done_in_a_row(uint16_t stream) const;
  [[nodiscard]] std::string story() const;
};

class Talker final : public transport::App {
 public:
  // `sides` by the sessions' context; outlives it.
  Talker(std::deque<Side>& sides, uint64_t seed) : sides_(sides), random_(seed) {}

  void on_open(transport::Endpoint& endpoint, transport::Session& session,
               Nanos now) noexcept override;
  void on_ready(transport::Endpoint& endpoint, transport::Session& session,
                Nanos now) noexcept override;
  void on_end(transport::Endpoint& endpoint, transport::Session& session, End why,
              Nanos now) noexcept override;
  unsigned serve(transport::Endpoint& endpoint, Nanos now) noexcept override;

  // When it, or one of its connections, wants a turn.
  [[nodiscard]] Nanos next() const;
  // How many have ended.
  [[nodiscard]] uint64_t ended() const { return ended_; }

 private:
  void plan(Side& side, const transport::Params& theirs);
  void act(transport::Endpoint& endpoint, Side& side, Nanos now);
  void read(Side& side, Nanos now);
  void hear(Side& side, const transport::Received& got, Nanos now);
  void release(Side& side);
  void write(Side& side, Nanos now);
  Nanos rest(const Side& side, Nanos now);
  [[nodiscard]] Nanos wish(const Side& side) const;

  std::deque<Side>& sides_;
  Random random_;
  std::vector<Side*> living_;
  uint64_t ended_ = 0;
};

}  // namespace spanway::test
