// SPDX-License-Identifier: BSD-3-Clause
// Which cores a thread may run on. Any thread.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <vector>

namespace spanway {

// Those of the calling thread, lowest first. Empty when the system does not tell.
inline std::vector<unsigned> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<unsigned> cores;
  if (pthread_getaffinity_np(pthread_self(), sizeof set, &set) != 0) return cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

}  // namespace spanway
