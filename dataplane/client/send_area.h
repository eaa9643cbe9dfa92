// SPDX-License-Identifier: BSD-3-Clause
// The room from which a stream's messages are sent: a ring of bytes in which each message lies in
// one piece until the peer has it. Whoever owns the connection.
//
// Always: what the daemon still reads is not given out again; a message never wraps.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace spanway::client {

class SendArea {
 public:
  // `bytes` of room for at most `messages` at once.
  SendArea(uint32_t bytes, uint32_t messages) : bytes_(bytes), records_(messages) {}

  // Where `bytes` bytes are free; nullopt: not now. Not more than the whole area.
  [[nodiscard]] std::optional<uint32_t> find(uint32_t bytes) const noexcept {
    if (count_ == records_.size()) return std::nullopt;
    if (count_ == 0) return bytes <= bytes_ ? std::optional<uint32_t>(0) : std::nullopt;
    const uint32_t begin = records_[first_].place, end = end_of(newest());
    if (end > begin) {
      if (bytes <= bytes_ - end) return end;
      return bytes <= begin ? std::optional<uint32_t>(0) : std::nullopt;
    }
    return bytes <= begin - end ? std::optional<uint32_t>(end) : std::nullopt;
  }
  // The message lies there now; what find() said, or the front of it.
  void add(uint32_t place, uint32_t bytes) noexcept {
    ++count_;
    newest() = {place, bytes, false};
  }
  // The message at `place` is done. False: there is none.
  bool remove(uint32_t place) noexcept {
    for (uint32_t i = 0; i < count_; ++i) {
      Record& record = at(i);
      if (record.place != place || record.done) continue;
      record.done = true;
      while (count_ != 0 && records_[first_].done) {
        first_ = next(first_);
        --count_;
      }
      return true;
    }
    return false;
  }
  [[nodiscard]] uint32_t count() const noexcept { return count_; }
  [[nodiscard]] uint32_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr uint32_t kAlign = 64;
  struct Record {
    uint32_t place = 0, bytes = 0;
    bool done = false;
  };
  [[nodiscard]] uint32_t next(uint32_t index) const noexcept {
    return index + 1 == records_.size() ? 0 : index + 1;
  }
  [[nodiscard]] uint32_t index(uint32_t i) const noexcept {
    const uint64_t sum = uint64_t{first_} + i;
    return static_cast<uint32_t>(sum < records_.size() ? sum : sum - records_.size());
  }
  [[nodiscard]] Record& at(uint32_t i) noexcept { return records_[index(i)]; }
  [[nodiscard]] Record& newest() noexcept { return at(count_ - 1); }
  [[nodiscard]] const Record& newest() const noexcept { return records_[index(count_ - 1)]; }
  // On a line of its own; the area's size is a multiple of it.
  [[nodiscard]] static uint32_t end_of(const Record& record) noexcept {
    return (record.place + record.bytes + kAlign - 1) / kAlign * kAlign;
  }

  uint32_t bytes_;
  std::vector<Record> records_;
  uint32_t first_ = 0, count_ = 0;
};

}  // namespace spanway::client
