// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/fused_plain.h"

namespace spanway::worker {
namespace {

uint64_t plain4(Packet* const* packets, unsigned count, const EtherAddr& mac,
                PlainBurst& out) noexcept {
  start_burst(out);
  uint64_t plain = 0;
  for (unsigned i = 0; i < count; ++i) plain |= uint64_t{is_plain4(packets[i], mac, i, out)} << i;
  return plain;
}

uint64_t plain6(Packet* const* packets, unsigned count, const EtherAddr& mac,
                PlainBurst& out) noexcept {
  start_burst(out);
  uint64_t plain = 0;
  for (unsigned i = 0; i < count; ++i) plain |= uint64_t{is_plain6(packets[i], mac, i, out)} << i;
  return plain;
}

void rewrite4(uint8_t* const* frames, const table::NextHop* const* hops, const uint32_t* ttl_word,
              unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one4(frames[i], *hops[i], ttl_word[i]);
}

void rewrite6(uint8_t* const* frames, const table::NextHop* const* hops, unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one6(frames[i], *hops[i]);
}

}  // namespace

const FusedKernel kScalarKernel = {"scalar", plain4, plain6, rewrite4, rewrite6};

}  // namespace spanway::worker
