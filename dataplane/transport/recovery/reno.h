// SPDX-License-Identifier: BSD-3-Clause
// Congestion avoidance of RFC 5681 with appropriate byte counting (RFC 3465). The owner of the
// connection.
#pragma once

#include <cstdint>

namespace spanway::transport {

class Reno {
 public:
  // The window after `bytes` more were acknowledged: a segment more for each window's worth
  // (RFC 3465 section 2.1).
  uint64_t grown(uint64_t window, uint64_t bytes, uint64_t segment) noexcept {
    acked_ += bytes;
    if (acked_ < window) return window;
    acked_ -= window;
    return window + segment;
  }
  // ssthresh after congestion, of the bytes that were in flight (RFC 5681 equation 4).
  static uint64_t reduced(uint64_t flight) noexcept { return flight / 2; }
  void restart() noexcept { acked_ = 0; }

 private:
  uint64_t acked_ = 0;  // since the window last grew
};

}  // namespace spanway::transport
