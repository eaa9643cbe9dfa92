// SPDX-License-Identifier: BSD-3-Clause
// Where a test may hold a lookup up between two of its reads, or an edit between two of its stores.
//
// What goes wrong without a grace period, or with stores in the wrong order, needs a reader that is
// slow just there. In the product both are empty and leave no instruction; the test that proves the
// lock-free push builds the table with SPANWAY_LOOKUP_HOOK and brings its own.
#pragma once

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

}  // namespace spanway::table
