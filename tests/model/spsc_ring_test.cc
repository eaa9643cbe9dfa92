// SPDX-License-Identifier: BSD-3-Clause
// The ring, in thousands of orders of its two sides. It is smaller than what goes through it, so
// every place is used again.
#include <array>

#include "tests/model/modelled_atomic.h"

#include "dataplane/base/spsc_ring.h"

namespace spanway::test {
namespace {

constexpr int kElements = 5;
constexpr size_t kPlaces = 2;
using Element = Watched<int>;

class OneByOne : public rl::test_suite<OneByOne, 2> {
 public:
  void thread(unsigned side) {
    for (int next = 1; next <= kElements;)
      if (side == 0 ? ring_.push(Element(next)) : pop(next))
        ++next;
      else
        rl::yield(1, $);
  }

 private:
  bool pop(int wanted) {
    Element got;
    if (!ring_.pop(got)) return false;
    RL_ASSERT(got.get() == wanted);
    return true;
  }

  SpscRing<Element> ring_{kPlaces};
};

class InBursts : public rl::test_suite<InBursts, 2> {
 public:
  void thread(unsigned side) {
    for (int next = 1; next <= kElements;) {
      const size_t count = side == 0 ? push(next) : pop(next);
      next += static_cast<int>(count);
      if (count == 0) rl::yield(1, $);
    }
  }

 private:
  size_t push(int next) {
    const std::array<Element, 3> burst{Element(next), Element(next + 1), Element(next + 2)};
    const auto left = static_cast<size_t>(kElements - next + 1);
    return ring_.push_burst(std::span(burst).first(std::min(left, burst.size())));
  }
  size_t pop(int wanted) {
    std::array<Element, 3> burst;
    const size_t got = ring_.pop_burst(burst);
    for (size_t i = 0; i < got; ++i) RL_ASSERT(burst[i].get() == wanted + static_cast<int>(i));
    return got;
  }

  SpscRing<Element> ring_{kPlaces};
};

TEST(Model, SpscRingOneByOne) { EXPECT_TRUE(holds<OneByOne>(100'000)); }
TEST(Model, SpscRingInBursts) { EXPECT_TRUE(holds<InBursts>(100'000)); }

}  // namespace
}  // namespace spanway::test
