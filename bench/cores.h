// SPDX-License-Identifier: BSD-3-Clause
// Which cores the threads of a mark run on.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <span>
#include <vector>

#include "dataplane/base/check.h"

namespace spanway::bench {

// Those that the calling thread may run on.
inline std::vector<unsigned> allowed_cores() {
  cpu_set_t set;
  SPANWAY_CHECK(pthread_getaffinity_np(pthread_self(), sizeof set, &set) == 0);
  std::vector<unsigned> cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

// The calling thread, and those that it starts from now on. EAL leaves the thread that started it
// on one core, and every thread after it would share that.
inline void stay_on(std::span<const unsigned> cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores) CPU_SET(core, &set);
  SPANWAY_CHECK(pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0);
}

}  // namespace spanway::bench
