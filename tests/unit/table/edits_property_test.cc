// SPDX-License-Identifier: BSD-3-Clause
// Any sequence of edits and lookups, against the plainest table there is. What fails is shrunk to
// the few commands that it takes, and printed.
//
// RC_PARAMS says how many sequences (max_success), how long (max_size), and the seed.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <vector>

#include "dataplane/table/cpu.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/fib6_view.h"
#include "tests/unit/table/oracle.h"

namespace spanway::table {
namespace {

enum class Verb : uint8_t { kInsert, kRemove, kTogether, kTidy, kLookUp };

// One word of bits names an address: its few bits stand where the levels of a table meet.
struct Command {
  Verb verb;
  uint32_t bits;
  unsigned length;
  uint16_t hop;
};

std::ostream& operator<<(std::ostream& out, const Command& c) {
  static constexpr std::array kVerbs{"insert", "remove", "together", "tidy", "look up"};
  return out << kVerbs[static_cast<size_t>(c.verb)] << " bits " << c.bits << " / " << c.length
             << " = " << c.hop;
}

rc::Gen<std::vector<Command>> commands(unsigned bits, unsigned longest) {
  const auto verb = rc::gen::weightedElement<Verb>({{8, Verb::kInsert},
                                                    {4, Verb::kRemove},
                                                    {2, Verb::kTogether},
                                                    {1, Verb::kTidy},
                                                    {2, Verb::kLookUp}});
  // Wide routes are slow to edit, and all alike.
  const auto length = rc::gen::weightedOneOf<unsigned>(
      {{1, rc::gen::inRange<unsigned>(0, 8)}, {40, rc::gen::inRange<unsigned>(8, longest + 1)}});
  return rc::gen::container<std::vector<Command>>(rc::gen::construct<Command>(
      verb, rc::gen::inRange<uint32_t>(0, 1u << bits), length, rc::gen::inRange<uint16_t>(1, 9)));
}

template <size_t kCount>
uint64_t scatter(uint32_t bits, const std::array<uint8_t, kCount>& places) {
  uint64_t out = 0;
  for (size_t i = 0; i < kCount; ++i) out |= uint64_t{bits >> i & 1} << places[i];
  return out;
}

struct Family4 {
  using Fib = Fib4;
  using Prefix = Prefix4;
  using Change = Change4;
  using Oracle = test::Oracle4;
  using Wire = uint32_t;
  using Kernel = Fib4Kernel;
  static constexpr unsigned kBits = 14, kLongest = 32;
  static constexpr Kernel kScalar = lookup4_scalar, kAvx2 = lookup4_avx2, kAvx512 = lookup4_avx512;

  // Edges of /8, /19, /24 and of the words in a bitmap node.
  static Ip4Addr address(uint32_t bits) {
    static constexpr std::array<uint8_t, kBits> kPlaces{0,  1,  4,  5,  7,  8,  9,
                                                        11, 12, 13, 14, 18, 24, 31};
    return Ip4Addr(static_cast<uint32_t>(scatter(bits, kPlaces)));
  }
  static Wire wire(Ip4Addr address) { return address.value(); }
  // First and last of the prefix, and who stands next to them.
  static std::array<Ip4Addr, 4> edges(const Prefix& prefix) {
    const uint32_t first = prefix.addr().value(), last = first | ~mask4(prefix.length());
    return {Ip4Addr(first), Ip4Addr(last), Ip4Addr(first - 1), Ip4Addr(last + 1)};
  }
};

struct Family6 {
  using Fib = Fib6;
  using Prefix = Prefix6;
  using Change = Change6;
  using Oracle = test::Oracle6;
  using Wire = Ip6Addr;
  using Kernel = Fib6Kernel;
  static constexpr unsigned kBits = 20, kLongest = 128;
  static constexpr Kernel kScalar = lookup6_scalar, kAvx2 = lookup6_avx2, kAvx512 = lookup6_avx512;

  // Edges of /16, /27, /32, /48 and /64; eight bits of one range node, so that it gets crowded.
  static Ip6Addr address(uint32_t bits) {
    static constexpr std::array<uint8_t, 14> kHigh{16, 17, 18, 19, 20, 24, 25,
                                                   31, 32, 36, 37, 47, 48, 0};
    static constexpr std::array<uint8_t, 6> kLow{63, 48, 47, 8, 7, 0};
    return Ip6Addr::from_halves(scatter(bits, kHigh), scatter(bits >> kHigh.size(), kLow));
  }
  static Wire wire(const Ip6Addr& address) { return address; }
  static std::array<Ip6Addr, 4> edges(const Prefix& prefix) {
    const Ip6Addr& first = prefix.addr();
    const Ip6Addr ones = Ip6Addr::from_halves(~uint64_t{0}, ~uint64_t{0});
    const Ip6Addr host = masked6(ones, prefix.length());
    const uint64_t high = first.high() | ~host.high(), low = first.low() | ~host.low();
    return {first, Ip6Addr::from_halves(high, low),
            Ip6Addr::from_halves(first.high() - (first.low() == 0 ? 1 : 0), first.low() - 1),
            Ip6Addr::from_halves(high + (low == ~uint64_t{0} ? 1 : 0), low + 1)};
  }
};

template <class Family>
class Duel {
 public:
  using Prefix = typename Family::Prefix;

  void perform(const Command& command) {
    const Prefix prefix(Family::address(command.bits), command.length);
    switch (command.verb) {
      case Verb::kInsert:
        RC_ASSERT(fib_.insert(prefix, NextHopId{command.hop}).has_value());
        oracle_.set(prefix, command.hop);
        break;
      case Verb::kRemove:
        RC_ASSERT(fib_.remove(prefix).has_value() == (oracle_.find(prefix) != 0));
        oracle_.set(prefix, 0);
        break;
      case Verb::kTogether:
        together(command);
        break;
      case Verb::kTidy:
        graveyard_.seal();
        graveyard_.reclaim();
        break;
      case Verb::kLookUp:
        look_up(command);
    }
    for (const auto& address : Family::edges(prefix)) ask(address);
    answer();
  }
  void end() { RC_ASSERT(fib_.size() == oracle_.size()); }

 private:
  // A route, those one bit shorter and longer, and again the first, which has the last word.
  void together(const Command& command) {
    std::vector<typename Family::Change> changes;
    for (const int longer : {0, 1, -1, 0}) {
      const int length = static_cast<int>(command.length) + longer;
      if (length < 0 || length > static_cast<int>(Family::kLongest)) continue;
      const auto hop = static_cast<uint16_t>((command.hop + changes.size()) % 3);
      changes.push_back({Prefix(Family::address(command.bits + static_cast<uint32_t>(longer & 1)),
                                static_cast<unsigned>(length)),
                         NextHopId{hop}});
      oracle_.set(changes.back().prefix, hop);
    }
    RC_ASSERT(fib_.apply(changes).empty());
  }
  // Neighbours in the names of addresses, a burst of them.
  void look_up(const Command& command) {
    for (uint32_t i = 0; i < 20u + command.hop; ++i)
      ask(Family::address((command.bits ^ i) & ((1u << Family::kBits) - 1)));
  }
  template <class Address>
  void ask(const Address& address) {
    wires_.push_back(Family::wire(address));
    wanted_.push_back(oracle_.lookup(address));
  }
  // By the table's own choice and by every kernel that this CPU has.
  void answer() {
    hops_.resize(wires_.size());
    fib_.lookup(wires_.data(), hops_.data(), wires_.size());
    judge();
    by_kernel(Family::kScalar);
    if (has_avx2()) by_kernel(Family::kAvx2);
    if (has_avx512()) by_kernel(Family::kAvx512);
    wires_.clear();
    wanted_.clear();
  }

  void by_kernel(typename Family::Kernel kernel) {
    std::fill(hops_.begin(), hops_.end(), NextHopId{65535});
    kernel(fib_.view(), wires_.data(), hops_.data(), wires_.size());
    judge();
  }
  void judge() const {
    for (size_t i = 0; i < hops_.size(); ++i) RC_ASSERT(hops_[i].value == wanted_[i]);
  }

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  typename Family::Fib fib_{graveyard_, size_t{16} << 20};
  typename Family::Oracle oracle_;
  std::vector<typename Family::Wire> wires_;
  std::vector<uint16_t> wanted_;
  std::vector<NextHopId> hops_;
};

template <class Family>
bool holds() {
  size_t steps = 0;
  const bool good = rc::check("the table answers as a plain map does", [&steps] {
    const auto all = *commands(Family::kBits, Family::kLongest);
    Duel<Family> duel;
    for (const Command& command : all) duel.perform(command);
    duel.end();
    steps += all.size();
  });
  std::cout << steps << " steps\n";
  return good;
}

TEST(EditsProperty, Ip4) { EXPECT_TRUE(holds<Family4>()); }
TEST(EditsProperty, Ip6) { EXPECT_TRUE(holds<Family6>()); }

}  // namespace
}  // namespace spanway::table
