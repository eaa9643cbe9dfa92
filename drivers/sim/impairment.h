// SPDX-License-Identifier: BSD-3-Clause
// What a bad wire does to frames, drawn from a seed: the same seed and frames give the same fates.
//
// One thread: the sender's. Probabilities are a frame, 0 to 1.
#pragma once

#include <cstdint>

#include "dataplane/base/random.h"
#include "dataplane/base/units.h"

namespace spanway::sim {

struct Impairment {
  double loss = 0;
  // Gilbert-Elliott: a two-state chain that steps before each frame; the bad state loses
  // `burst_loss` of its frames. The mean burst is 1 / burst_leave frames long.
  double burst_enter = 0;
  double burst_leave = 1;
  double burst_loss = 1;
  // The frame arrives `reorder_delay` late, so that later ones overtake it.
  double reorder = 0;
  Nanos reorder_delay{};
  double duplicate = 0;  // a copy arrives right behind
  double corrupt = 0;    // one bit, anywhere in the frame, flips
};

struct Fate {
  enum class Loss : uint8_t { kNo, kRandom, kBurst };
  Loss loss = Loss::kNo;
  bool reorder = false;
  bool duplicate = false;
  bool corrupt = false;
};

class Impairer {
 public:
  explicit Impairer(uint64_t seed) noexcept : random_(seed) {}

  void set(const Impairment& what) noexcept;
  [[nodiscard]] const Impairment& what() const noexcept { return what_; }
  // The fate of the next frame.
  Fate next() noexcept { return clean_ ? Fate{} : draw(); }
  // A bit of a frame of so many bits.
  uint64_t bit_below(uint64_t bits) noexcept { return random_.below(bits); }

 private:
  Fate draw() noexcept;
  bool happens(double probability) noexcept {
    return probability > 0 && random_.unit() < probability;
  }

  Random random_;
  Impairment what_{};
  bool clean_ = true;
  bool bad_state_ = false;
};

// True when every probability is within [0, 1] and the delay is not negative.
bool valid(const Impairment& what) noexcept;

}  // namespace spanway::sim
