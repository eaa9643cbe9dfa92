// SPDX-License-Identifier: BSD-3-Clause
#include "tests/race/delay.h"

#include <sched.h>

#include <chrono>

#include "dataplane/base/random.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/lookup_hook.h"
#include "tests/support/sanitizer.h"

namespace spanway::test {
namespace {

using std::chrono::steady_clock;

Kernel best_kernel = Kernel::kAvx512;

struct Thread {
  uint64_t calls = 0;
  uint64_t next = 0;  // the call to hold up; 0: none
  uint32_t longest_us = 0;
  Random random{0};
};
thread_local Thread self;

// Short delays and long ones are equally likely. Some let others run, some do not.
void stand_still() noexcept {
  const uint64_t bits = self.random();
  const uint64_t longest_ns = uint64_t{self.longest_us} * 1000 >> (bits & 7);
  const auto end =
      steady_clock::now() + std::chrono::nanoseconds(self.random.below(longest_ns + 1));
  while (steady_clock::now() < end)
    if ((bits & 8) != 0) sched_yield();
  // Some come in a row: what takes two of them in one lookup shall happen.
  self.next = (bits & 48) != 0 ? self.calls + 1 + (bits >> 8 & 3) : 0;
}

void count_call() noexcept {
  if (++self.calls == self.next) [[unlikely]]
    stand_still();
}

}  // namespace

void hold_up(uint32_t longest_us, uint64_t seed) noexcept {
  self.longest_us = longest_us;
  self.random = Random(seed);
}
void hold_up_within(uint64_t calls) noexcept {
  self.next = self.calls + 1 + self.random.below(calls + 1);
}
uint64_t hook_calls() noexcept { return self.calls; }

bool can_run(Kernel kernel) noexcept {
  if (kernel == Kernel::kScalar) return true;
  // This sanitizer does not see into gathers.
  if (kThreadSanitizer || __builtin_cpu_supports("avx2") == 0 ||
      __builtin_cpu_supports("bmi2") == 0 || __builtin_cpu_supports("popcnt") == 0)
    return false;
  return kernel == Kernel::kAvx2 ||
         (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
          __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
          __builtin_cpu_supports("avx512vpopcntdq") != 0);
}

void use_at_most(Kernel kernel) noexcept { best_kernel = kernel; }

}  // namespace spanway::test

// These stand in for table/cpu.cc.
namespace spanway::table {

bool has_avx512() noexcept {
  return test::best_kernel == test::Kernel::kAvx512 && test::can_run(test::Kernel::kAvx512);
}
bool has_avx2() noexcept {
  return test::best_kernel >= test::Kernel::kAvx2 && test::can_run(test::Kernel::kAvx2);
}

void between_levels() noexcept { test::count_call(); }
void between_stores() noexcept { test::count_call(); }

}  // namespace spanway::table
