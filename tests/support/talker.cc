// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/talker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace spanway::test {

using transport::Connection;
using transport::Endpoint;
using transport::Session;
using transport::Taken;

namespace {

std::vector<uint8_t> content(const Side& side, uint16_t stream, uint32_t number) {
  Random random(side.seed ^ uint64_t{stream} << 32 ^ number);
  std::vector<uint8_t> out(side.plan[stream][number]);
  for (size_t i = 0; i < out.size(); i += 8) {
    const uint64_t word = random();
    std::memcpy(&out[i], &word, std::min<size_t>(8, out.size() - i));
  }
  return out;
}

constexpr uint64_t tag_of(uint16_t stream, uint32_t number) {
  return uint64_t{stream} << 32 | number;
}

}  // namespace

uint32_t Side::done_in_a_row(uint16_t stream) const {
  const auto first = outside.lower_bound(tag_of(stream, 0));
  const bool here = first != outside.end() && first->first >> 32 == stream;
  return here ? static_cast<uint32_t>(first->first) : sent[stream];
}

std::string Side::story() const {
  std::string out = std::string(client ? "client" : "server") + " at " + std::to_string(node) +
                    "." + std::to_string(life) + " made " + std::to_string(made_at.seconds()) +
                    " opened " + std::to_string(opened_at.seconds()) + " moved " +
                    std::to_string(moved_at.seconds());
  if (gone) out += " gone";
  if (failed_at != Nanos::never()) out += " failed " + std::to_string(failed_at.seconds());
  if (why)
    out += " ended " + std::to_string(static_cast<int>(*why)) + " at " +
           std::to_string(ended_at.seconds());
  return out + ", sent " + std::to_string(sent_all) + " of " + std::to_string(planned) + ", done " +
         std::to_string(done_all) + ", received " + std::to_string(received_all);
}

void Talker::plan(Side& side, const transport::Params& theirs) {
  Random random(side.seed);
  const uint32_t longest = std::min(
      {side.manners.longest_bytes, side.longest_of_ours, transport::most_message_bytes(theirs)});
  side.plan.resize(theirs.streams);
  side.sent.resize(theirs.streams);
  uint64_t bytes = 0;
  for (auto& stream : side.plan) {
    for (uint64_t n = random.below(side.manners.most_a_stream + 1); n != 0; --n) {
      const uint64_t most =
          random.below(4) == 0 ? longest : std::min(longest, side.manners.usual_bytes);
      stream.push_back(static_cast<uint32_t>(random.below(8) == 0
                                                 ? 1 + random.below(std::min<uint64_t>(most, 3))
                                                 : 1 + random.below(most)));
      bytes += stream.back();
      ++side.planned;
      if (bytes > side.manners.most_bytes) return;
    }
  }
}

void Talker::on_open(Endpoint& endpoint, Session& session, Nanos now) noexcept {
  Side& side = sides_[session.context()];
  EXPECT_EQ(side.session, nullptr) << "two sessions for one";
  side.session = &session;
  side.id = session.id();
  side.path = session.path();
  side.opened_at = side.moved_at = now;
  side.received.resize(transport::kMostStreams);
  side.held.resize(transport::kMostStreams);
  plan(side, session.connection().theirs());
  if (side.manners.gives_up_after != Nanos::never())
    side.gives_up_at = now + side.manners.gives_up_after;
  if (side.client) {
    // Its other end is there, or it would not know of it.
    for (Side& one : sides_)
      if (!one.client && !one.other && one.node == side.to && one.path.peer == side.path.own &&
          one.path.own == side.path.peer && one.made_at >= side.made_at)
        side.other = &one;
    EXPECT_NE(side.other, nullptr) << "connected to nobody";
    if (side.other != nullptr) {
      side.other->other = &side;
    }
  }
  living_.push_back(&side);
  act(endpoint, side, now);
}

void Talker::on_ready(Endpoint& endpoint, Session& session, Nanos now) noexcept {
  act(endpoint, sides_[session.context()], now);
}

void Talker::on_end(Endpoint&, Session& session, End why, Nanos now) noexcept {
  Side& side = sides_[session.context()];
  ++ended_;
  side.why = why;
  side.ended_at = now;
  if (side.session == nullptr) return;  // it was never open
  // What came before the end may be read behind it.
  side.manners.deaf = false;
  side.manners.rests = Nanos();
  side.reads_at = Nanos();
  read(side, now);
  while (const auto tag = session.connection().take_done()) {
    EXPECT_EQ(side.outside.erase(*tag), 1u);
    ++side.done_all;
  }
  for (size_t what = 0; what < side.heard.size(); ++what)
    side.heard[what] = session.connection().heard(static_cast<transport::Heard>(what));
  side.session = nullptr;
  std::erase(living_, &side);
}

void Talker::act(Endpoint& endpoint, Side& side, Nanos now) {
  Connection& connection = side.session->connection();
  while (const auto tag = connection.take_done()) {
    EXPECT_EQ(side.outside.erase(*tag), 1u) << "done twice";
    ++side.done_all;
    side.moved_at = now;
  }
  read(side, now);
  write(side, now);
  if (side.said()) connection.close();
  if (now >= side.gives_up_at) endpoint.give_up(*side.session);
}

void Talker::read(Side& side, Nanos now) {
  if (side.manners.deaf || now < side.reads_at) return;
  Connection& connection = side.session->connection();
  while (connection.next()) {
    if (side.manners.holds <= 1) {
      hear(side, *connection.next(), now);
      connection.consume();
    } else {
      const auto got = connection.take_next();
      hear(side, *got, now);
      ++side.held[got->stream];
      ++side.held_all;
      while (side.held_all > side.manners.holds) release(side);
    }
    if ((side.reads_at = rest(side, now)) > now) return;
  }
  // Perhaps nothing else comes before some of it is given back.
  while (side.held_all != 0) release(side);
}

void Talker::release(Side& side) {
  uint64_t at = random_.below(side.held.size());
  while (side.held[at] == 0) at = (at + 1) % side.held.size();
  --side.held[at];
  --side.held_all;
  EXPECT_TRUE(side.session->connection().release(static_cast<uint16_t>(at)));
}

void Talker::hear(Side& side, const transport::Received& got, Nanos now) {
  side.moved_at = now;
  if (side.other == nullptr || got.stream >= side.other->plan.size())
    return void(ADD_FAILURE() << "heard of nobody: stream " << got.stream);
  const uint32_t number = side.received[got.stream]++;
  ++side.received_all;
  if (number >= side.other->sent[got.stream])
    return void(ADD_FAILURE() << "more messages than were sent on stream " << got.stream);
  const std::vector<uint8_t> expected = content(*side.other, got.stream, number);
  EXPECT_TRUE(std::ranges::equal(got.bytes, expected))
      << "stream " << got.stream << " message " << number << " of " << got.bytes.size() << " for "
      << expected.size() << " bytes";
}

void Talker::write(Side& side, Nanos now) {
  if (now < side.sends_at) return;
  side.resting = false;
  Connection& connection = side.session->connection();
  for (uint16_t stream = 0; stream < side.plan.size(); ++stream) {
    while (now >= side.sends_at && !side.said() && side.sent[stream] < side.plan[stream].size()) {
      const uint32_t number = side.sent[stream];
      const uint64_t tag = tag_of(stream, number);
      const auto& kept = side.outside[tag] = content(side, stream, number);
      if (const Taken taken = connection.send(stream, kept, tag); taken != Taken::kYes) {
        EXPECT_TRUE(taken == Taken::kFull || connection.life() != transport::Life::kOpen)
            << static_cast<int>(taken);
        side.outside.erase(tag);
        break;
      }
      ++side.sent[stream];
      ++side.sent_all;
      side.resting = (side.sends_at = rest(side, now)) > now;
    }
  }
}

Nanos Talker::rest(const Side& side, Nanos now) {
  if (side.manners.rests == Nanos() || random_.unit() >= side.manners.rests_often) return now;
  return now + Nanos(1 + static_cast<int64_t>(
                             random_.below(static_cast<uint64_t>(side.manners.rests.ns()))));
}

// Of its own accord; never: only when something comes.
Nanos Talker::wish(const Side& side) const {
  Nanos wish = side.gives_up_at;
  if (!side.manners.deaf && (side.held_all != 0 || side.session->connection().next()))
    wish = std::min(wish, side.reads_at);
  if (side.resting) wish = std::min(wish, side.sends_at);
  return wish;
}

unsigned Talker::serve(Endpoint& endpoint, Nanos now) noexcept {
  unsigned met = 0;
  for (Side* side : living_) {
    if (wish(*side) > now) continue;
    ++met;
    act(endpoint, *side, now);
    endpoint.wake(*side->session);
  }
  return met;
}

Nanos Talker::next() const {
  Nanos next = Nanos::never();
  for (const Side* side : living_) {
    next = std::min(next, wish(*side));
    if (side->session->armed()) next = std::min(next, side->session->deadline());
  }
  return next;
}

}  // namespace spanway::test
