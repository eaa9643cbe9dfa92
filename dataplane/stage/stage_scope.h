// SPDX-License-Identifier: BSD-3-Clause
// Counts one call of a stage, and marks the traced packets that pass it. One worker.
#pragma once

#include <span>

#include "dataplane/base/cycles.h"
#include "dataplane/stage/context.h"
#include "dataplane/stage/header_view.h"

namespace spanway::stage {

class StageScope {
 public:
  StageScope(Context& context, seam::Stage stage, std::span<Packet* const> packets) noexcept
      : count_(context.counters.stages[static_cast<size_t>(stage)]), timing_(context.timing) {
    count_.calls.add(1);
    count_.packets.add(packets.size());
    if (timing_) [[unlikely]]
      start_ = cycle_count();
    if (context.watch != nullptr && context.watch->trace_id != 0) [[unlikely]]
      for (Packet* p : packets) meta(p).trace_path |= 1u << static_cast<unsigned>(stage);
  }
  ~StageScope() {
    if (timing_) [[unlikely]]
      count_.cycles.add(cycle_count() - start_);
  }
  StageScope(const StageScope&) = delete;
  StageScope& operator=(const StageScope&) = delete;

 private:
  seam::StageCount& count_;
  const bool timing_;
  uint64_t start_ = 0;
};

}  // namespace spanway::stage
