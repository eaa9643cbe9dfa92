// SPDX-License-Identifier: BSD-3-Clause
// The size that keeps two threads' data apart.
#pragma once

#include <cstddef>

namespace spanway {

inline constexpr size_t kCacheLine = 64;

}  // namespace spanway
