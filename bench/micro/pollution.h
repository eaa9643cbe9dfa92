// SPDX-License-Identifier: BSD-3-Clause
// What a burst of packets does to the caches of the core that handles it. One thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/tuning.h"

namespace spanway::bench {

// As many frames as a port's rings hold, in large pages where there are any. A burst touches the
// next kBurst of them: two lines of the buffer's description are written, one of headers is read
// and written.
class Pollution {
 public:
  Pollution();
  ~Pollution();
  Pollution(const Pollution&) = delete;
  Pollution& operator=(const Pollution&) = delete;

  void burst() noexcept;

 private:
  static constexpr size_t kFrames = 4096;
  static constexpr size_t kFrameBytes = 2432;  // description, headroom and 2,048 bytes of data
  static constexpr size_t kHeaders = 256;      // where the headers begin
  static constexpr size_t kBytes = kFrames * kFrameBytes;

  unsigned char* memory_;
  size_t next_ = 0;
};

}  // namespace spanway::bench
