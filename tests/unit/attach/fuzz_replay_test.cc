// SPDX-License-Identifier: BSD-3-Clause
// The fuzz target's play on inputs of every build: a session that an honest application could have
// had, spoiled in one place each, and bytes of chance.
#include <gtest/gtest.h>

#include "dataplane/base/random.h"
#include "tests/fuzz/attach_input.h"

namespace spanway::attach {
namespace {

using Bytes = std::vector<uint8_t>;

// As play() reads it: sends on both streams, turns, messages from the peer, consuming, finishing.
Bytes honest() {
  Bytes out{0};
  const auto entry = [&](EntryKind kind, uint8_t stream, uint16_t place, uint8_t bytes) {
    for (const uint8_t byte :
         {uint8_t{0}, static_cast<uint8_t>(kind), stream, uint8_t{1}, static_cast<uint8_t>(place),
          static_cast<uint8_t>(place >> 8), bytes})
      out.push_back(byte);
  };
  const auto turn = [&] { out.push_back(7); };
  const auto peer_says = [&](uint8_t stream, uint8_t bytes) {
    for (const uint8_t byte : {uint8_t{5}, stream, bytes, uint8_t{0}}) out.push_back(byte);
  };
  const auto read_completions = [&] {
    out.push_back(6);
    out.push_back(1);
  };
  for (uint8_t i = 0; i < 6; ++i) {
    entry(EntryKind::kSend, i % 2, static_cast<uint16_t>(i * 256), 200);
    peer_says(i % 2, 100);
    turn();
    read_completions();
    if (i != 0) entry(EntryKind::kConsume, static_cast<uint8_t>((i - 1) % 2), 0, 1);
    turn();
  }
  entry(EntryKind::kFinish, 0, 0, 0);
  turn();
  entry(EntryKind::kClose, 0, 0, 0);
  turn();
  return out;
}

TEST(AttachFuzz, AnHonestSessionSpoiledAnywhere) {
  const Bytes whole = honest();
  Random random(11);
  fuzz::play(whole);
  for (size_t at = 0; at < whole.size(); ++at)
    for (unsigned i = 0; i < 2; ++i) {
      Bytes spoiled = whole;
      spoiled[at] = static_cast<uint8_t>(random());
      fuzz::play(spoiled);
    }
}

TEST(AttachFuzz, BytesOfChance) {
  Random random(12);
  for (unsigned i = 0; i < 1'000; ++i) {
    Bytes input(random.below(600));
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    fuzz::play(input);
  }
}

}  // namespace
}  // namespace spanway::attach
