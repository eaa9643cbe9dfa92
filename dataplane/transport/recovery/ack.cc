// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/ack.h"

#include <bit>

namespace spanway::transport {

std::span<const AckRange> ranges_below(const AckWords& words, AckRanges& room) noexcept {
  size_t count = 1;
  // The highest bit would only lengthen the run, which ends there by its own word.
  uint64_t bits = words.bitmap & ~(uint64_t{1} << 63);
  const PacketNumber lowest = words.largest - (words.run + kAckBitmapBits - 1);
  while (bits != 0) {
    const uint32_t top = static_cast<uint32_t>(std::bit_width(bits)) - 1;
    const uint32_t length = static_cast<uint32_t>(std::countl_one(bits << (63 - top)));
    const uint32_t bottom = top + 1 - length;
    std::construct_at(&room.ranges[count++], lowest + bottom, lowest + top);
    bits &= (uint64_t{1} << bottom) - 1;
  }
  return {room.ranges, count};
}

}  // namespace spanway::transport
