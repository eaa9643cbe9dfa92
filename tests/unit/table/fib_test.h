// SPDX-License-Identifier: BSD-3-Clause
// A table of either family on its own, spoken to in text; nobody else reads it, so what it lets go
// of is free after tidy().
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

#include "dataplane/base/prefix.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::test {

template <class Fib, class PrefixType, class Address>
class FibTest : public testing::Test {
 protected:
  static PrefixType prefix(const char* text) {
    if constexpr (std::is_same_v<Address, Ip4Addr>)
      return Prefix::parse(text)->v4();
    else
      return Prefix::parse(text)->v6();
  }
  [[nodiscard]] uint16_t at(const char* text) const {
    return fib_.lookup(*Address::parse(text)).value;
  }
  void tidy() {
    graveyard_.seal();
    graveyard_.reclaim();
  }

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  Fib fib_{graveyard_};
};

}  // namespace spanway::test
