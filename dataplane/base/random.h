// SPDX-License-Identifier: BSD-3-Clause
// A small seeded generator (xoshiro256++, Blackman and Vigna 2021). Not for secrets. One thread.
#pragma once

#include <bit>
#include <cstdint>

namespace spanway {

class Random {
  __extension__ typedef unsigned __int128 Wide;

 public:
  using result_type = uint64_t;
  explicit constexpr Random(uint64_t seed) noexcept {
    for (auto& word : state_) word = split_mix(seed);
  }
  constexpr uint64_t operator()() noexcept {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  // Uniform in [0, bound); bound is not 0. The bias is below 2^-32 for bounds under 2^32.
  constexpr uint64_t below(uint64_t bound) noexcept {
    return static_cast<uint64_t>((static_cast<Wide>((*this)()) * bound) >> 64);
  }
  // Uniform in [0, 1).
  constexpr double unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
  static constexpr uint64_t min() noexcept { return 0; }
  static constexpr uint64_t max() noexcept { return UINT64_MAX; }

 private:
  static constexpr uint64_t split_mix(uint64_t& seed) noexcept {
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t state_[4]{};
};

}  // namespace spanway
