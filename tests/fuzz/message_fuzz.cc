// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: packets of the message protocol of any shape.
#include "tests/fuzz/message_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spanway::transport::fuzz::play({data, size});
  return 0;
}
