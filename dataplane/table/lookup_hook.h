// SPDX-License-Identifier: BSD-3-Clause
// Where a test may hold a lookup up between two of its reads, or an edit between two of its stores.
//
// What goes wrong without a grace period, or with stores in the wrong order, needs a reader that is
// slow just there. In the product all are empty and leave no instruction; the test that proves the
// lock-free push builds the table with SPANWAY_LOOKUP_HOOK and brings its own.
#pragma once

#include <cstdint>

namespace spanway::table {

#if defined(SPANWAY_LOOKUP_HOOK)
// The thread of the lookup.
void between_levels() noexcept;
// Control thread.
void between_stores() noexcept;
#else
inline void between_levels() noexcept {}
inline void between_stores() noexcept {}
#endif

// gcc tells of its ThreadSanitizer by a macro, clang by a feature.
#if defined(SPANWAY_LOOKUP_HOOK) || defined(__SANITIZE_THREAD__)
#define SPANWAY_SPOIL_FREE
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SPANWAY_SPOIL_FREE
#endif
#endif

#if defined(SPANWAY_SPOIL_FREE)
#undef SPANWAY_SPOIL_FREE
// Control thread. The first two words of a block that came free: who still reads it finds other
// answers there, and under TSan a data race, for the writes are plain ones.
inline void spoil_free(uint16_t* block) noexcept { block[0] = block[1] = 0; }
#else
inline void spoil_free(uint16_t* /*block*/) noexcept {}
#endif

}  // namespace spanway::table
