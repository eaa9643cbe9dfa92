// SPDX-License-Identifier: BSD-3-Clause
#include "control/http/desk.h"

namespace spanway::http {

std::optional<std::string> Desk::ask(const std::string& question, Time until) {
  Question mine{question};
  std::unique_lock lock(mutex_);
  if (closed_) return std::nullopt;
  waiting_.push_back(&mine);
  answered_.wait_until(lock, until, [&] { return mine.answer.has_value() || closed_; });
  std::erase(waiting_, &mine);
  return std::move(mine.answer);
}

size_t Desk::step(const Answer& answer) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || waiting_.empty()) return 0;
  for (Question* question : waiting_) question->answer = answer(question->text);
  const size_t count = waiting_.size();
  waiting_.clear();
  answered_.notify_all();
  return count;
}

void Desk::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  answered_.notify_all();
}

}  // namespace spanway::http
