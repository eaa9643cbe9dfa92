// SPDX-License-Identifier: BSD-3-Clause
// SPANWAY_CHECK(condition): an invariant of ours. Input never reaches it; a failure ends the
// process.
#pragma once

#include <cstdio>
#include <cstdlib>

#define SPANWAY_CHECK(condition)                                                         \
  do {                                                                                   \
    if (__builtin_expect(!(condition), 0)) {                                             \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
