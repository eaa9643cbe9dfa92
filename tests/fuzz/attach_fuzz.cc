// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: an application that writes anything into the memory it shares with a worker.
#include "tests/fuzz/attach_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spanway::attach::fuzz::play({data, size});
  return 0;
}
