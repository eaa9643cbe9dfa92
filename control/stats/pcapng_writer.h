// SPDX-License-Identifier: BSD-3-Clause
// A pcapng file (draft-ietf-opsawg-pcapng), one section, Ethernet, nanosecond times.
//
// Control thread. What is in the file is always a whole number of blocks: a write that fails, or
// would pass the size limit, leaves the file as it was before.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::stats {

// What may stand beside a packet.
struct PacketNotes {
  std::string_view comment{};  // UTF-8, at most 65535 bytes; empty: none
  uint64_t lost_before = 0;    // packets lost by the capture since the one before; 0: not said
};

class PcapngWriter {
 public:
  static constexpr uint64_t kDefaultMaxBytes = uint64_t{4} << 30;

  // Creates the file, readable by its owner only, and begins the section. Never follows a symbolic
  // link. kExists when it is there and may not be overwritten; kFull, kPermission or kUnavailable
  // with the system's reason otherwise.
  static Result<std::unique_ptr<PcapngWriter>> create(const std::string& path, bool overwrite,
                                                      uint64_t max_bytes = kDefaultMaxBytes);
  // Closes without reporting.
  ~PcapngWriter();
  PcapngWriter(const PcapngWriter&) = delete;
  PcapngWriter& operator=(const PcapngWriter&) = delete;

  // One more interface; they are numbered from 0 in the order of the calls.
  Status add_interface(std::string_view name);
  // One packet. unix_time counts from 1970; original_bytes is the length before it was cut to
  // `data`. kInvalid for an interface that was not added, kFull at the size limit.
  Status write(uint32_t interface, bool outbound, Nanos unix_time, uint32_t original_bytes,
               std::span<const uint8_t> data, const PacketNotes& notes = {});
  // Everything written so far is in the file.
  Status flush();
  // Flushes, and waits until the disk has it. Nothing may be written afterwards.
  Status close();

  // Of the file, with what is not flushed yet.
  [[nodiscard]] uint64_t bytes() const noexcept { return written_ + buffer_.size(); }

 private:
  PcapngWriter(int descriptor, std::string path, uint64_t max_bytes);
  Status section();
  Status append(std::span<const uint8_t> block);
  Error failed(const char* what, int error) const;

  int descriptor_;
  std::string path_;
  uint64_t max_bytes_;
  uint64_t written_ = 0;  // by the system, whole blocks
  uint32_t interfaces_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace spanway::stats
