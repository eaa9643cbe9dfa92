// SPDX-License-Identifier: BSD-3-Clause
// A seeded source of traffic that means no good: valid frames, spoiled, cut, glued and padded.
#pragma once

#include <vector>

#include "dataplane/base/random.h"
#include "tests/support/frames.h"
#include "tests/support/road.h"

namespace spanway::test {

// One well-formed frame of every kind that a Road meets on its left port. None has bytes to spare:
// every shorter prefix of it is malformed.
const std::vector<Bytes>& valid_frames();

// Routes of every kind, and a link with a small MTU, for the hostile traffic to run into.
void set_hostile_routes(Road& road);

class Hostile {
 public:
  explicit Hostile(uint64_t seed) : random_(seed) {}

  // A frame that may be anything, mostly a valid one with something wrong; at most 1600 bytes.
  Bytes frame();
  // The same, but always with something wrong.
  Bytes malformed();
  // Lets one to forty such frames, or some news of control, happen to the road.
  void step(Road& road);

 private:
  Bytes spoiled(uint64_t times);
  void spoil(Bytes& bytes);
  void mend_checksum(Bytes& bytes);
  bool chance(unsigned percent) { return random_.below(100) < percent; }
  size_t place(const Bytes& bytes) { return random_.below(bytes.size()); }

  Random random_;
};

}  // namespace spanway::test
