// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/ip6_options.h"

#include <span>

namespace spanway::stage {
namespace {

constexpr uint8_t kPad1 = 0, kPadN = 1, kRouterAlert = 5;

// What the two top bits of an unknown option's type ask for.
OptionVerdict unknown_option(uint8_t type, uint32_t pointer, bool to_group) noexcept {
  switch (type >> 6) {
    case 0:
      return {};
    case 1:
      return {false, IcmpError::kNone, pointer};
    case 2:
      return {false, IcmpError::kUnknownOption, pointer};
    default:
      return {false, to_group ? IcmpError::kNone : IcmpError::kUnknownOption, pointer};
  }
}

}  // namespace

OptionVerdict judge_options6(Packet* p, unsigned at) noexcept {
  Meta& m = meta(p);
  const bool to_group = ip6(p).destination.is_multicast();
  const unsigned end = at + (data(p)[at + 1] + 1u) * 8u;
  for (unsigned i = at + 2; i < end;) {
    const uint8_t type = data(p)[i];
    if (type == kPad1) {
      ++i;
      continue;
    }
    const unsigned bytes = end - i >= 2 ? data(p)[i + 1] + 2u : end - i + 1;
    if (bytes > end - i)
      return {false, to_group ? IcmpError::kNone : IcmpError::kParameterProblem, i - m.l3};
    if (type == kRouterAlert) {
      set(m, Meta::kRouterAlert);
    } else if (type != kPadN) {
      const OptionVerdict verdict = unknown_option(type, i - m.l3, to_group);
      if (!verdict.keep) return verdict;
    }
    i += bytes;
  }
  return {};
}

}  // namespace spanway::stage
