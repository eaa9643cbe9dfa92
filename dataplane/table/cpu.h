// SPDX-License-Identifier: BSD-3-Clause
// What the lookups may ask of the CPU they run on.
#pragma once

namespace spanway::table {

// AVX-512 F, BW, DQ, VL and VPOPCNTDQ, and BMI2; false under ThreadSanitizer, which does not see
// into gathers.
bool has_avx512() noexcept;

// AVX2, BMI2 and POPCNT; false under ThreadSanitizer, too.
bool has_avx2() noexcept;

}  // namespace spanway::table
