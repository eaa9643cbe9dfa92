// SPDX-License-Identifier: BSD-3-Clause
// The fuzz target's sessions with seeded inputs: a bounded run of them in every build.
#include "dataplane/base/random.h"
#include "tests/fuzz/local_input.h"
#include "tests/unit/control/local/pieces.h"

namespace spanway::local {
namespace {

// Up to sixty messages: six bytes that become a fragment, or a fragment with some bytes changed.
Octets session(Random& random) {
  const Octets payload = counting(200);
  Octets out;
  for (uint64_t left = random.below(60); left != 0; --left) {
    out.push_back(static_cast<uint8_t>(random()));
    Octets message(6);
    if (random.below(4) != 0) {
      for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
    } else {
      message = random.below(2) == 0 ? piece4(kToUs4, payload, {8 * random.below(8), 8, true})
                                     : piece6(kToUs6, payload, {8 * random.below(8), 8, true});
      for (uint64_t changes = random.below(4); changes != 0; --changes)
        message[random.below(message.size())] = static_cast<uint8_t>(random());
      if (random.below(4) == 0) message.resize(random.below(message.size()));
    }
    out.push_back(static_cast<uint8_t>(message.size()));
    out = out + message;
  }
  return out;
}

TEST(LocalFuzzReplay, Sessions) {
  constexpr uint64_t kSeed = 20261124;
  Random random(kSeed);
  for (int i = 0; i < 2'000; ++i) fuzz::play(session(random));
  SUCCEED() << "the checks are in play(); seed " << kSeed;
}

}  // namespace
}  // namespace spanway::local
