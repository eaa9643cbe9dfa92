// SPDX-License-Identifier: BSD-3-Clause
// How this build was instrumented: gcc tells by __SANITIZE_*, clang only by __has_feature().
#pragma once

#if defined(__has_feature)
#define SPANWAY_BUILT_WITH(sanitizer) __has_feature(sanitizer)
#else
#define SPANWAY_BUILT_WITH(sanitizer) 0
#endif

namespace spanway::test {

#if defined(__SANITIZE_THREAD__) || SPANWAY_BUILT_WITH(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

// By any that can be seen; gcc does not tell of UBSan.
#if defined(__SANITIZE_ADDRESS__) || SPANWAY_BUILT_WITH(address_sanitizer) || \
    SPANWAY_BUILT_WITH(memory_sanitizer) || SPANWAY_BUILT_WITH(undefined_behavior_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = kThreadSanitizer;
#endif

// Whether a bound on CPU time says something about the code.
#if defined(__OPTIMIZE__)
inline constexpr bool kTimesCount = !kSanitized;
#else
inline constexpr bool kTimesCount = false;
#endif

#undef SPANWAY_BUILT_WITH

}  // namespace spanway::test
