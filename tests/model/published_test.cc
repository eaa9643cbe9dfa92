// SPDX-License-Identifier: BSD-3-Clause
// Published objects and their grace periods, in thousands of orders of control and a worker: the
// product's own Published, Graveyard and Qsbr, over a model of the DPDK library below the latter.
#include <array>

#include "tests/model/modelled_atomic.h"

#include "dataplane/seam/published.h"
#include "dataplane/seam/qsbr.cc"  // the checker has to see into it

namespace spanway::test {
namespace {

// Spoilt by its death. Memory is used again at once, so that a reader that is late sees another
// object, or races with its birth.
class Value {
 public:
  explicit Value(int number) : number_(number), twin_(-number) {}
  ~Value() { twin_ = Watched<int>(0); }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  [[nodiscard]] int number() const {
    const int number = number_.get();
    RL_ASSERT(twin_.get() == -number);
    return number;
  }

 private:
  Watched<int> number_, twin_;
};

constexpr WorkerId kWorker{0};
constexpr int kValues = 4;

class GracePeriods : public rl::test_suite<GracePeriods, 2> {
 public:
  void thread(unsigned index) {
    if (index == 0)
      control();
    else
      worker();
  }

 private:
  void control() {
    for (int number = 2; number <= kValues; ++number) {
      published_.publish(std::make_unique<const Value>(number), graveyard_);
      graveyard_.seal();
      graveyard_.reclaim();
    }
    while (graveyard_.waiting() != 0) {
      graveyard_.reclaim();
      rl::yield(1, $);
    }
  }
  void worker() {
    int last = 0;
    qsbr_.online(kWorker);
    for (int turn = 0; turn < 3; ++turn) {
      const Value* value = published_.load();
      const int number = value->number();
      RL_ASSERT(number >= last);
      last = number;
      RL_ASSERT(value->number() == number);
      qsbr_.quiet(kWorker);
    }
    qsbr_.offline(kWorker);
  }

  ModelledQsbr below_;
  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  seam::Published<Value> published_{std::make_unique<const Value>(1)};
};

TEST(Model, GracePeriods) { EXPECT_TRUE(holds<GracePeriods>(100'000)); }

}  // namespace
}  // namespace spanway::test
