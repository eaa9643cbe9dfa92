// SPDX-License-Identifier: BSD-3-Clause
// What happened to this router, for operators: a bounded log with a sequence number. Control
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "dataplane/base/units.h"

namespace spanway::daemon {

struct Event {
  uint64_t sequence = 0;          // from 1, without gaps
  Nanos time{};                   // engine time
  const char* severity = "info";  // or "warning", "error"
  std::string kind;               // dotted: "link.up", "neighbour.failed"
  std::string subject;            // what it is about
  std::string message;            // one sentence
};

class Events {
 public:
  static constexpr size_t kKept = 1024;

  void add(Nanos now, const char* severity, std::string kind, std::string subject,
           std::string message) {
    if (log_.size() == kKept) log_.pop_front();
    log_.push_back(
        {++last_, now, severity, std::move(kind), std::move(subject), std::move(message)});
  }
  // The oldest that are still kept come first; a reader that asks for more than is kept sees a gap
  // in the sequence numbers.
  [[nodiscard]] const std::deque<Event>& log() const noexcept { return log_; }
  [[nodiscard]] uint64_t last() const noexcept { return last_; }

 private:
  std::deque<Event> log_;
  uint64_t last_ = 0;
};

}  // namespace spanway::daemon
