// SPDX-License-Identifier: BSD-3-Clause
// Where the threads of a mark run.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <span>

#include "dataplane/base/check.h"

namespace spanway::bench {

// The calling thread, and those that it starts from now on. EAL leaves the thread that started it
// on one core, and every thread after it would share that.
inline void stay_on(std::span<const unsigned> cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores) CPU_SET(core, &set);
  SPANWAY_CHECK(pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0);
}

}  // namespace spanway::bench
