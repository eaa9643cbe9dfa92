// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/sim/impairment.h"

#include <initializer_list>

namespace spanway::sim {

void Impairer::set(const Impairment& what) noexcept {
  what_ = what;
  clean_ = what.loss <= 0 && what.burst_enter <= 0 && what.reorder <= 0 && what.duplicate <= 0 &&
           what.corrupt <= 0;
  bad_state_ = false;
}

Fate Impairer::draw() noexcept {
  Fate fate;
  if (what_.burst_enter > 0) {
    bad_state_ = bad_state_ ? !happens(what_.burst_leave) : happens(what_.burst_enter);
    if (bad_state_ && happens(what_.burst_loss)) {
      fate.loss = Fate::Loss::kBurst;
      return fate;
    }
  }
  if (happens(what_.loss)) {
    fate.loss = Fate::Loss::kRandom;
    return fate;
  }
  fate.reorder = happens(what_.reorder);
  fate.duplicate = happens(what_.duplicate);
  fate.corrupt = happens(what_.corrupt);
  return fate;
}

bool valid(const Impairment& what) noexcept {
  for (const double p : {what.loss, what.burst_enter, what.burst_leave, what.burst_loss,
                         what.reorder, what.duplicate, what.corrupt}) {
    if (!(p >= 0 && p <= 1)) return false;
  }
  return what.reorder_delay.ns() >= 0;
}

}  // namespace spanway::sim
