// SPDX-License-Identifier: BSD-3-Clause
// The two lanes of a wire and what is plugged into its ends. Guarded by the Network's mutex, but
// for the lanes, which look after themselves.
#pragma once

#include <array>

#include "drivers/sim/network.h"

namespace spanway::sim {

struct Network::Wire {
  Wire(const WireOptions& how, uint64_t seed_a, uint64_t seed_b)
      : options(how),
        from{std::make_unique<Lane>(how.a_to_b, seed_a),
             std::make_unique<Lane>(how.b_to_a, seed_b)} {}

  WireOptions options;
  std::array<std::unique_ptr<Lane>, 2> from;  // by the End that sends
  std::array<bool, 2> plugged{};
  std::array<bool, 2> trusting{};  // the port there does not verify checksums
};

constexpr size_t index(End end) noexcept { return static_cast<size_t>(end); }
constexpr End other(End end) noexcept { return end == End::kA ? End::kB : End::kA; }

}  // namespace spanway::sim
