// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/spf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/control/ospf/first_hops.h"

namespace spanway::ospf {
namespace {

class Spf : public testing::Test {
 protected:
  // A link and its way back, each labelled by the number of its end's links before it.
  void both(Vertex a, Vertex b, uint32_t cost) {
    one(a, b, cost);
    one(b, a, cost);
  }
  void attach(Vertex router, Vertex network, uint32_t cost) {
    one(router, network, cost);
    one(network, router, 0);
  }
  void one(Vertex from, Vertex to, uint32_t cost) {
    labels_.resize(std::max<size_t>(labels_.size(), from + 1));
    builder_.link(from, to, cost, labels_[from]++);
  }
  void run(Vertex root) { tree_ = shortest_paths(builder_.build(), root, sets_); }
  std::vector<FirstHop> hops(Vertex to) const {
    const auto all = sets_.hops(tree_.hops[to]);
    return {all.begin(), all.end()};
  }
  using Hops = std::vector<FirstHop>;

  GraphBuilder builder_;
  HopSets sets_{kMost};
  Tree tree_;

 private:
  std::vector<uint32_t> labels_;
};

TEST_F(Spf, BothSidesOfADiamond) {
  const Vertex a = builder_.add(kRouter), b = builder_.add(kRouter), c = builder_.add(kRouter),
               d = builder_.add(kRouter);
  both(a, b, 10);
  both(a, c, 5);
  both(b, d, 5);
  both(c, d, 10);
  run(a);
  EXPECT_EQ(tree_.distances, (std::vector<uint32_t>{0, 10, 5, 15}));
  EXPECT_EQ(hops(a), Hops());
  EXPECT_EQ(hops(b), (Hops{{0, kNeighbour}}));
  EXPECT_EQ(hops(c), (Hops{{1, kNeighbour}}));
  EXPECT_EQ(hops(d), (Hops{{0, kNeighbour}, {1, kNeighbour}}));
  EXPECT_EQ(tree_.hops[d], sets_.join(tree_.hops[b], tree_.hops[c])) << "each set once";
}

TEST_F(Spf, ParallelLinksCountApart) {
  const Vertex a = builder_.add(kRouter), b = builder_.add(kRouter);
  both(a, b, 3);
  both(a, b, 4);
  both(a, b, 3);
  run(a);
  EXPECT_EQ(hops(b), (Hops{{0, kNeighbour}, {2, kNeighbour}}));
}

TEST_F(Spf, ARouterBehindANetworkIsItsGateway) {
  const Vertex a = builder_.add(kRouter), lan = builder_.add(kNetwork), b = builder_.add(kRouter),
               c = builder_.add(kRouter);
  attach(a, lan, 7);
  attach(b, lan, 1);
  both(b, c, 2);
  run(a);
  EXPECT_EQ(tree_.distances, (std::vector<uint32_t>{0, 7, 7, 9}));
  EXPECT_EQ(hops(lan), (Hops{{0, kAttached}}));
  EXPECT_EQ(hops(b), (Hops{{0, 1}}));  // the network's second link
  EXPECT_EQ(hops(c), (Hops{{0, 1}}));
}

// Beyond the first network another one changes nothing.
TEST_F(Spf, ASecondNetworkKeepsTheGateway) {
  const Vertex a = builder_.add(kRouter), near = builder_.add(kNetwork), b = builder_.add(kRouter),
               far = builder_.add(kNetwork), c = builder_.add(kRouter);
  attach(a, near, 1);
  attach(b, near, 1);
  attach(b, far, 1);
  attach(c, far, 1);
  run(a);
  EXPECT_EQ(hops(far), (Hops{{0, 1}}));
  EXPECT_EQ(hops(c), (Hops{{0, 1}}));
}

// d is as near by the network as by b; were b and all beyond it settled before the network, the way
// through it would be missed.
TEST_F(Spf, NetworksAreSettledBeforeRouters) {
  const Vertex a = builder_.add(kRouter), b = builder_.add(kRouter), d = builder_.add(kRouter),
               e = builder_.add(kRouter), lan = builder_.add(kNetwork);
  both(a, b, 1);
  both(b, d, 1);
  attach(a, lan, 2);
  attach(d, lan, 9);
  both(d, e, 1);
  run(a);
  EXPECT_EQ(hops(d), (Hops{{0, kNeighbour}, {1, 1}}));
  EXPECT_EQ(hops(e), (Hops{{0, kNeighbour}, {1, 1}}));
}

TEST_F(Spf, ALinkThatIsNotLinkedBackLeadsNowhere) {
  const Vertex a = builder_.add(kRouter), b = builder_.add(kRouter), lan = builder_.add(kNetwork),
               c = builder_.add(kRouter);
  one(a, b, 1);
  attach(a, lan, 1);
  one(lan, c, 0);  // c does not know
  run(a);
  EXPECT_EQ(tree_.distances, (std::vector<uint32_t>{0, kUnreachable, 1, kUnreachable}));
  EXPECT_EQ(hops(b), Hops());
}

TEST_F(Spf, APathTooLongLeadsNowhere) {
  const Vertex a = builder_.add(kRouter), b = builder_.add(kRouter), c = builder_.add(kRouter),
               d = builder_.add(kRouter);
  both(a, b, kUnreachable - 2);
  both(b, c, 1);
  both(c, d, 1);
  run(a);
  EXPECT_EQ(tree_.distances[c], kUnreachable - 1);
  EXPECT_EQ(tree_.distances[d], kUnreachable);
  EXPECT_EQ(hops(d), Hops());
}

TEST_F(Spf, SetsAreCutToTheLowest) {
  HopSets few(2);
  HopSet set = kNoHops;
  for (const uint32_t link : {5u, 3u, 9u, 1u}) set = few.join(set, few.of({link, kNeighbour}));
  ASSERT_EQ(few.hops(set).size(), 2u);
  EXPECT_EQ(few.hops(set)[0].link, 1u);
  EXPECT_EQ(few.hops(set)[1].link, 3u);
}

TEST_F(Spf, ALonelyRouter) {
  const Vertex a = builder_.add(kRouter);
  run(a);
  EXPECT_EQ(tree_.distances, std::vector<uint32_t>{0});
}

}  // namespace
}  // namespace spanway::ospf
