// SPDX-License-Identifier: BSD-3-Clause
// The loop of attach_loop.h as a program: prints its socket and ends with its input.
#include <cstdio>

#include "tests/support/attach_loop.h"

int main() {
  spanway::attach::test::Loop loop;
  loop.run();
  std::printf("%s\n", loop.socket().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  loop.halt();
  loop.server().stop();
  return 0;
}
