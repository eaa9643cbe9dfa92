// SPDX-License-Identifier: BSD-3-Clause
// All kernels that this CPU has against the scalar ones.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/fib6_view.h"

namespace spanway::table {
namespace {

NextHopId hop(uint32_t i) { return NextHopId{static_cast<uint16_t>(1 + i % 1000)}; }

std::string text(uint32_t address) { return Ip4Addr(address).to_string(); }
std::string text(const Ip6Addr& address) { return address.to_string(); }

template <class KernelType>
struct NamedKernel {
  const char* name;
  bool usable;
  KernelType look_up;
};

template <class Fib, class Wire, class KernelType>
class Kernels : public testing::TestWithParam<NamedKernel<KernelType>> {
 protected:
  void SetUp() override {
    if (!this->GetParam().usable) GTEST_SKIP() << "this CPU can not run it";
  }
  // The list ends where its memory ends.
  void expect_same(KernelType scalar_kernel, const std::vector<Wire>& addresses) const {
    const size_t count = addresses.size();
    std::vector<NextHopId> scalar(count), fast(count + 1, hop(999));
    scalar_kernel(fib_.view(), addresses.data(), scalar.data(), count);
    this->GetParam().look_up(fib_.view(), addresses.data(), fast.data(), count);
    EXPECT_EQ(fast[count], hop(999)) << "written beyond " << count;
    for (size_t i = 0; i < count; ++i)
      ASSERT_EQ(fast[i], scalar[i]) << text(addresses[i]) << ", " << i << " of " << count;
  }

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  Fib fib_{graveyard_};
};

using Kernels4 = Kernels<Fib4, uint32_t, Fib4Kernel>;
using Kernels6 = Kernels<Fib6, Ip6Addr, Fib6Kernel>;

INSTANTIATE_TEST_SUITE_P(All, Kernels4,
                         testing::Values(NamedKernel<Fib4Kernel>{"avx2", has_avx2(), lookup4_avx2},
                                         NamedKernel<Fib4Kernel>{"avx512", has_avx512(),
                                                                 lookup4_avx512}),
                         [](const auto& kernel) { return kernel.param.name; });
INSTANTIATE_TEST_SUITE_P(All, Kernels6,
                         testing::Values(NamedKernel<Fib6Kernel>{"avx2", has_avx2(), lookup6_avx2},
                                         NamedKernel<Fib6Kernel>{"avx512", has_avx512(),
                                                                 lookup6_avx512}),
                         [](const auto& kernel) { return kernel.param.name; });

TEST_P(Kernels4, GiveTheSameAnswers) {
  Random random(5);
  for (int i = 0; i < 20'000; ++i)
    ASSERT_TRUE(fib_.insert(Prefix4(Ip4Addr(static_cast<uint32_t>(random.below(1u << 24)) << 4),
                                    static_cast<unsigned>(8 + random.below(25))),
                            hop(static_cast<uint32_t>(i))));
  for (const bool fallback : {false, true}) {
    if (fallback) {
      ASSERT_TRUE(fib_.insert(Prefix4(), NextHopId{32767}));
    }
    std::vector<uint32_t> addresses(100'003);
    for (uint32_t& one : addresses) one = static_cast<uint32_t>(random.below(1u << 29));
    expect_same(lookup4_scalar, addresses);
  }
}

// Bursts of every size, among hosts of one crowded subnet and outside of it: whole groups of
// addresses that lead below /24, a few of them, and none.
TEST_P(Kernels4, GiveTheSameAnswersForBurstsOfEverySize) {
  Random random(7);
  const auto address = [&random](uint64_t hosts_of_8) {
    const uint32_t bits = static_cast<uint32_t>(random());
    return random.below(8) < hosts_of_8 ? 0x0a000100u | (bits & 0xff) : bits;
  };
  ASSERT_TRUE(fib_.insert(Prefix4(), hop(501)));
  ASSERT_TRUE(fib_.insert(Prefix4(Ip4Addr(0x0a000100u), 24), hop(500)));
  for (uint32_t i = 0; i < 200; ++i) {
    const auto length = static_cast<unsigned>(i < 150 ? 25 + random.below(8) : random.below(9));
    ASSERT_TRUE(fib_.insert(Prefix4(Ip4Addr(address(i < 150 ? 8 : 0)), length), hop(i)));
  }
  for (const bool fallback : {true, false}) {
    if (!fallback) {
      ASSERT_TRUE(fib_.remove(Prefix4()));
    }
    for (size_t count = 0; count <= 200; ++count) {
      std::vector<uint32_t> addresses(count);
      for (uint32_t& one : addresses) one = address(count % 9);
      expect_same(lookup4_scalar, addresses);
    }
  }
}

// Sixteen /32s, the n-th with about 3 n routes in it: nothing, range nodes of every size, their
// children, and bitmap nodes.
Ip6Addr kernel_address(uint64_t head, Random& random) {
  static constexpr uint64_t kEdges[] = {0, 1, 0x7fff, 0xfffe, 0xffff};
  const uint64_t bits = random();
  const uint64_t value = bits % 3 == 0 ? kEdges[bits >> 8 & 3] + (bits >> 10 & 1) : bits >> 20 & 63;
  const uint64_t high = (0x20010d00 + head) << 32 | (value & 0xffff) << 16 | (bits >> 40 & 3);
  return Ip6Addr::from_halves(high, bits >> 62 << 62 | (bits >> 50 & 3));
}

// The short routes have a page of their own or none.
void add_routes(Fib6& fib, Random& random) {
  ASSERT_TRUE(fib.insert(Prefix6(Ip6Addr::from_halves(uint64_t{0xfe80} << 48, 0), 10), hop(9)));
  for (uint64_t head = 0; head < 16; ++head)
    for (uint64_t i = 0; i < head * 3; ++i) {
      const auto length = static_cast<unsigned>(random.below(4) == 0 ? 33 + random.below(96)
                                                                     : 40 + random.below(9));
      ASSERT_TRUE(fib.insert(Prefix6(kernel_address(head, random), length),
                             hop(static_cast<uint32_t>(random.below(999)))));
    }
}

TEST_P(Kernels6, GiveTheSameAnswers) {
  Random random(6);
  add_routes(fib_, random);
  for (const bool fallback : {false, true}) {
    if (fallback) {
      ASSERT_TRUE(fib_.insert(Prefix6(), NextHopId{32767}));
    }
    std::vector<Ip6Addr> addresses(200'003);
    for (size_t i = 0; i < addresses.size(); ++i) {
      // Groups of 16 that share a head, that do not, and that nearly do.
      const size_t group = i / 16;
      const uint64_t head = group % 3 == 0 ? random.below(17) : group / 3 % 17;
      addresses[i] = kernel_address(head, random);
      if (group % 3 == 2 && i % 16 == group / 51 % 16)
        addresses[i] = kernel_address(random.below(17), random);
    }
    expect_same(lookup6_scalar, addresses);
  }
}

// Bursts of every size: to one /32, to any, and where no page is.
TEST_P(Kernels6, GiveTheSameAnswersForBurstsOfEverySize) {
  Random random(8);
  add_routes(fib_, random);
  ASSERT_TRUE(fib_.insert(Prefix6(), hop(501)));
  for (const bool fallback : {true, false}) {
    if (!fallback) {
      ASSERT_TRUE(fib_.remove(Prefix6()));
    }
    for (size_t count = 0; count <= 200; ++count)
      for (const uint64_t mixed : {0, 1, 8}) {
        std::vector<Ip6Addr> addresses(count);
        for (Ip6Addr& one : addresses) {
          const bool stray = random.below(8) < mixed;
          one = kernel_address(stray ? random.below(17) : count % 17, random);
          if (!stray || random.below(4) != 0) continue;
          const uint64_t high = random.below(2) == 0 ? uint64_t{0xfe80} << 48 : random();
          one = Ip6Addr::from_halves(high, 0);
        }
        expect_same(lookup6_scalar, addresses);
        if (HasFatalFailure()) return;
      }
  }
}

}  // namespace
}  // namespace spanway::table
