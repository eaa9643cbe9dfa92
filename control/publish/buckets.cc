// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/buckets.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace spanway::publish {
namespace {

constexpr uint32_t kMost = 256;

}  // namespace

std::vector<uint16_t> share_buckets(std::span<const uint16_t> weights) {
  uint32_t divisor = 0, sum = 0;
  for (const uint16_t weight : weights) {
    divisor = std::gcd(divisor, uint32_t{weight});
    sum += weight;
  }
  sum /= divisor;
  const uint32_t buckets = std::has_single_bit(sum) && sum <= kMost ? std::max(sum, 2u) : kMost;

  std::vector<uint16_t> shares(weights.size());
  std::vector<uint32_t> remainders(weights.size());
  uint32_t given = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const uint32_t exact = weights[i] / divisor * buckets;
    shares[i] = static_cast<uint16_t>(std::max(exact / sum, 1u));
    remainders[i] = exact / sum == 0 ? 0 : exact % sum;
    given += shares[i];
  }
  while (given < buckets) {
    const auto largest = std::max_element(remainders.begin(), remainders.end());
    ++shares[static_cast<size_t>(largest - remainders.begin())];
    *largest = 0;
    ++given;
  }
  // Raising tiny weights to one bucket may have given too many: the largest shares pay.
  while (given > buckets) {
    --*std::max_element(shares.begin(), shares.end());
    --given;
  }
  return shares;
}

}  // namespace spanway::publish
