// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: the frame parser. What it notes must lie inside the frame.
#include "dataplane/base/check.h"
#include "dataplane/packet/headers.h"
#include "dataplane/packet/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace spanway;
  Meta meta;
  const DropReason verdict = parse_frame({bytes, size}, meta);
  SPANWAY_CHECK(verdict == meta.drop);
  if (verdict != DropReason::kNone && verdict != DropReason::kIp4BadOptions) return 0;
  SPANWAY_CHECK(meta.l3 >= sizeof(EtherHeader) && meta.l3 <= size);
  SPANWAY_CHECK(size_t{meta.l3} + meta.l3_bytes <= size);
  if (meta.family == 0) return 0;
  const size_t least = meta.family == 4 ? sizeof(Ip4Header) : sizeof(Ip6Header);
  SPANWAY_CHECK(meta.l3_bytes >= least);
  SPANWAY_CHECK(meta.l4 == 0 ||
                (meta.l4 >= meta.l3 + least && meta.l4 < meta.l3 + size_t{meta.l3_bytes}));
  return 0;
}
