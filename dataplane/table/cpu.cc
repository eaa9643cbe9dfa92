// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/cpu.h"

#if defined(__SANITIZE_THREAD__)
#define SPANWAY_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SPANWAY_TSAN 1
#endif
#endif

namespace spanway::table {

bool has_avx512() noexcept {
#if defined(SPANWAY_TSAN)
  return false;
#else
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("bmi2") != 0;
#endif
}

bool has_avx2() noexcept {
#if defined(SPANWAY_TSAN)
  return false;
#else
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi2") != 0 &&
         __builtin_cpu_supports("popcnt") != 0;
#endif
}

}  // namespace spanway::table
