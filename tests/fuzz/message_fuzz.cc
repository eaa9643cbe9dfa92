// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: packets of the message protocol of any shape, and what a peer may say to a
// connection.
#include "tests/fuzz/connection_input.h"
#include "tests/fuzz/message_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spanway::transport::fuzz::play({data, size});
  spanway::transport::fuzz::Converse({data, size});
  return 0;
}
