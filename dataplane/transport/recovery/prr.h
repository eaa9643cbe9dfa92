// SPDX-License-Identifier: BSD-3-Clause
// Proportional rate reduction with slow-start reduction bound (RFC 6937): how much may be sent for
// each acknowledgement while recovery brings the window down to ssthresh. The owner of the
// connection.
#pragma once

#include <algorithm>
#include <cstdint>

namespace spanway::transport {

class Prr {
 public:
  // Recovery begins with `flight` bytes in flight, before those lost were taken off; `sent`: all
  // bytes ever sent.
  void begin(uint64_t flight, uint64_t sent) noexcept {
    recover_fs_ = std::max<uint64_t>(flight, 1);
    sent_ = sent;
    delivered_ = 0;
  }
  // The window after `delivered` more bytes, when `pipe` bytes are in flight now.
  uint64_t window(uint64_t pipe, uint64_t delivered, uint64_t sent, uint64_t threshold,
                  uint64_t segment) noexcept {
    delivered_ += delivered;
    const uint64_t out = sent - sent_;  // prr_out
    uint64_t more = 0;                  // sndcnt
    if (pipe > threshold) {
      const uint64_t due = (delivered_ * threshold + recover_fs_ - 1) / recover_fs_;
      more = due > out ? due - out : 0;
    } else {
      const uint64_t behind = delivered_ > out ? delivered_ - out : 0;
      more = std::min(threshold - pipe, std::max(behind, delivered) + segment);
    }
    // The fast retransmit itself always goes out.
    if (out == 0) more = std::max(more, segment);
    return pipe + more;
  }

 private:
  uint64_t recover_fs_ = 1;  // RecoverFS
  uint64_t sent_ = 0;        // all bytes sent when recovery began
  uint64_t delivered_ = 0;   // prr_delivered
};

}  // namespace spanway::transport
