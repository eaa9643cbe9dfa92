// SPDX-License-Identifier: BSD-3-Clause
#include "control/http/desk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace spanway::http {
namespace {

using std::chrono::steady_clock;

constexpr int kThreads = 3;
constexpr int kQuestions = 400;

Desk::Time far() { return steady_clock::now() + std::chrono::minutes(10); }

TEST(DeskRace, EverybodyGetsTheAnswerToHisOwnQuestion) {
  Desk desk;
  std::atomic<int> left{kThreads}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kQuestions; ++i) {
        const std::string question = std::to_string(t) + "/" + std::to_string(i);
        if (desk.ask(question, far()) != question + "!") wrong.fetch_add(1);
      }
      left.fetch_sub(1);
    });
  size_t answers = 0;
  // Control's own state: only this thread touches it, without a lock.
  std::string kept;
  while (left.load() > 0)
    answers += desk.step([&](const std::string& question) {
      kept = question + "!";
      return kept;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(answers, size_t{kThreads} * kQuestions);
}

// Those who give up take their questions along: no answer goes to a dead one's stack.
TEST(DeskRace, ImpatientOnesAndTheControlThreadDoNotMeet) {
  Desk desk;
  std::atomic<int> left{kThreads};
  std::atomic<size_t> got{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kQuestions; ++i)
        if (desk.ask("q", steady_clock::now() + std::chrono::microseconds(i % 40)))
          got.fetch_add(1);
      left.fetch_sub(1);
    });
  size_t answers = 0;
  while (left.load() > 0) answers += desk.step([](const std::string&) { return "a"; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answers, got.load());
}

TEST(DeskRace, ClosingSendsEverybodyAway) {
  for (int round = 0; round < 20; ++round) {
    Desk desk;
    std::atomic<int> empty{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        if (!desk.ask("q", far())) empty.fetch_add(1);
      });
    desk.close();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(empty.load(), kThreads);
    EXPECT_EQ(desk.step([](const std::string&) { return "a"; }), 0U);
  }
}

}  // namespace
}  // namespace spanway::http
