// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: fragments for the router of any shape, with time passing between them.
#include "tests/fuzz/local_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spanway::local::fuzz::play({data, size});
  return 0;
}
