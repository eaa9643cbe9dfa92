// SPDX-License-Identifier: BSD-3-Clause
// Where HTTP threads ask and the control thread answers: the only thing the two share.
//
// An HTTP thread waits for its answer, up to a deadline. The control thread never waits: when
// somebody else holds the lock it comes back at its next step.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spanway::http {

class Desk {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Answer = std::function<std::string(const std::string& question)>;

  Desk() = default;
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // An HTTP thread. Nothing when `until` passes or the desk closes first.
  std::optional<std::string> ask(const std::string& question, Time until);

  // Control thread. Answers everybody who waits. How many there were.
  size_t step(const Answer& answer);

  // Any thread. Who waits leaves with nothing, and whoever comes later.
  void close();

 private:
  struct Question {
    const std::string& text;
    std::optional<std::string> answer{};
  };

  std::mutex mutex_;
  std::condition_variable answered_;
  std::vector<Question*> waiting_;  // each on the stack of the thread that asks
  bool closed_ = false;
};

}  // namespace spanway::http
