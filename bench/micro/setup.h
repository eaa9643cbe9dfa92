// SPDX-License-Identifier: BSD-3-Clause
// What the programs of the table marks share: their options, the routes these ask for, and DPDK.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/micro/prefixes.h"

namespace spanway::bench {

struct Options {
  std::string file;   // --prefixes FILE; empty: made-up routes
  size_t routes = 0;  // --routes N; 0: what the file has, or the mark's number
  unsigned rounds = 0;
  uint64_t seed = 1;
  bool only_ours = false;  // --only-ours
  bool kernels = false;    // --kernels
};

// Reads args[first..count) over what is there; false when they make no sense.
bool read_options(int first, int count, char** args, Options& options);

// `made` of them without a file; those of a file grow to --routes by more specific ones.
Routes4 routes4_of(const Options& options, size_t made);
Routes6 routes6_of(const Options& options, size_t made);

// EAL without devices. DPDK's tables get large pages when the machine has set `mib` of them aside.
void start_dpdk(const char* program, size_t mib);

}  // namespace spanway::bench
