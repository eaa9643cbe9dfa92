// SPDX-License-Identifier: BSD-3-Clause
// How the flows of a group are shared out by weight. Any thread; a pure function.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace spanway::publish {

// Buckets for each weight (1..256, at most 64 of them, at least one), largest remainder first; the
// sum is a power of two, 2 to 256, and exact where the weights allow. Each weight has at least one
// bucket.
std::vector<uint16_t> share_buckets(std::span<const uint16_t> weights);

}  // namespace spanway::publish
