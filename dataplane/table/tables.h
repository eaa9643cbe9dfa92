// SPDX-License-Identifier: BSD-3-Clause
// Everything that workers look things up in. One set an engine; control writes, workers read.
#pragma once

#include "dataplane/base/cache_line.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/published.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/interface.h"
#include "dataplane/table/next_hop.h"

namespace spanway::table {

// On lines of its own: every burst begins here.
struct alignas(kCacheLine) Tables {
  explicit Tables(seam::Graveyard& graveyard, size_t pool4_bytes = Fib4::kPoolBytes)
      : fib4(graveyard, pool4_bytes), fib6(graveyard) {}

  Fib4 fib4;
  Fib6 fib6;
  NextHopTable next_hops;
  seam::Published<InterfaceSet> interfaces{std::make_unique<const InterfaceSet>()};
  seam::Published<seam::Watch> watch{std::make_unique<const seam::Watch>()};
};

}  // namespace spanway::table
