// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: OSPF Database Description packets of any shape.
#include "tests/fuzz/ospf_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spanway::ospf::fuzz::play_description({data, size});
  return 0;
}
