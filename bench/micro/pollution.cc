// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/pollution.h"

#include <sys/mman.h>

#include "dataplane/base/check.h"

namespace spanway::bench {

Pollution::Pollution() {
  void* at = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SPANWAY_CHECK(at != MAP_FAILED);
  madvise(at, kBytes, MADV_HUGEPAGE);  // as frames are in life; does without where it can not
  memory_ = static_cast<unsigned char*>(at);
}

Pollution::~Pollution() { munmap(memory_, kBytes); }

void Pollution::burst() noexcept {
  for (unsigned i = 0; i < tuning::kBurst; ++i) {
    unsigned char* frame = memory_ + next_ * kFrameBytes;
    auto* description = reinterpret_cast<volatile uint64_t*>(frame);
    auto* headers = reinterpret_cast<volatile uint64_t*>(frame + kHeaders);
    description[0] = next_;
    description[8] = next_;
    headers[0] = headers[0] + 1;
    next_ = (next_ + 1) % kFrames;
  }
}

}  // namespace spanway::bench
