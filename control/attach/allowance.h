// SPDX-License-Identifier: BSD-3-Clause
// How much applications may have. Control thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spanway::attach {

struct Limits {
  size_t applications = 64;
  // Of one application:
  uint32_t connections = 256;
  uint32_t listens = 64;
  uint32_t dials = 64;                                  // that wait for their answers
  size_t bytes = size_t{64} << 20;                      // shared memory, rings included
  uint32_t submissions = 4096, completions = 1u << 16;  // entries of its rings, a worker
};

}  // namespace spanway::attach
