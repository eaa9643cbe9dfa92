// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: ARP frames of any shape, with time passing between them.
#include "tests/fuzz/neighbour_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spanway::neighbour::fuzz::play({data, size}, false);
  return 0;
}
