// SPDX-License-Identifier: BSD-3-Clause
// The test's side of table/lookup_hook.h: now and then a thread stands still between two levels of
// a lookup, or between two stores of an edit. And the test's word on which kernels the CPU has.
#pragma once

#include <cstdint>

namespace spanway::test {

// For the calling thread. One that never asked is never held up.
void hold_up(uint32_t longest_us, uint64_t seed) noexcept;
// The thread's next hold-up shall be about where one of the last `calls` calls of the hook was.
void hold_up_within(uint64_t calls) noexcept;
// Calls of the hook by this thread.
uint64_t hook_calls() noexcept;

enum class Kernel { kScalar, kAvx2, kAvx512 };
// Whether this CPU, and this build, can run it.
bool can_run(Kernel kernel) noexcept;
// Tables made from now on take the best kernel up to this one.
void use_at_most(Kernel kernel) noexcept;

}  // namespace spanway::test
