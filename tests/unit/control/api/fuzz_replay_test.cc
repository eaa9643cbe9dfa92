// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "tests/fuzz/text_replay.h"

namespace spanway::api {
namespace {

TEST(RpcFuzz, ThousandsOfDamagedRequests) {
  test::replay(
      20261123, 50'000,
      {R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":[1,2.5,true,null,"\u00e4"]}})",
       R"({"jsonrpc":"2.0","id":"x","method":"route.add","params":{"prefix":"10.0.0.0/8"}})",
       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\n[]\n"},
      {"{",
       "}",
       "[",
       "]",
       ",",
       ":",
       "\"",
       "\\",
       "\\u0000",
       "\\ud800",
       "\n",
       "null",
       "1e400",
       "-0",
       "18446744073709551616",
       "\"id\":",
       "\"id\":null,",
       "\"method\":3,",
       "\"params\":[]",
       "\xff",
       "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
       "{\"a\":{\"a\":{\"a\":"});
}

}  // namespace
}  // namespace spanway::api
