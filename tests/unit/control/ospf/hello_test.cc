// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/hello.h"

#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

// RFC 2328 appendix A.3.2: mask; interval, options, priority; dead interval; DR; BDR; neighbours.
constexpr std::string_view kBody =
    "ffffff00 000a 42 07 00000028 c0a80101 c0a80102 02020202 03030303";

Hello sample() {
  return {.mask = Ip4Addr(255, 255, 255, 0),
          .hello_interval_s = 10,
          .options = 0x42,
          .priority = 7,
          .dead_interval_s = 40,
          .designated = Ip4Addr(192, 168, 1, 1),
          .backup = Ip4Addr(192, 168, 1, 2),
          .neighbours = {RouterId(0x02020202), RouterId(0x03030303)}};
}

TEST(Hello, IsReadFieldByField) {
  const Parsed<Hello> hello = parse_hello(hex(kBody));
  ASSERT_TRUE(hello);
  EXPECT_EQ(*hello, sample());
}

TEST(Hello, IsWrittenFieldByField) { EXPECT_EQ(body_of(write_hello(kFrom, sample())), hex(kBody)); }

TEST(Hello, CutListIsRagged) {
  const Buffer body = hex(kBody);
  for (size_t n = 0; n <= body.size(); ++n) {
    const Parsed<Hello> hello = parse_hello(std::span(body).first(n));
    if (n < 20)
      EXPECT_EQ(refusal_of(hello), Refusal::kTruncatedBody) << n;
    else if (n % 4 != 0)
      EXPECT_EQ(refusal_of(hello), Refusal::kRaggedBody) << n;
    else
      EXPECT_EQ(hello->neighbours.size(), (n - 20) / 4);
  }
}

TEST(Hello, NamesEveryNeighbourWhateverTheRoom) {
  Envelope narrow = kFrom;
  narrow.room_bytes = 100;
  Hello hello = sample();
  hello.neighbours.resize(1'000, RouterId(9));
  EXPECT_EQ(write_hello(narrow, hello).size(), kHeaderBytes + 20 + 4'000);
  hello.neighbours.resize(20'000, RouterId(9));
  const Buffer most = write_hello(narrow, hello);
  EXPECT_LE(most.size(), kMaxPacketBytes);
  EXPECT_EQ(parse_hello(body_of(most))->neighbours.size(), kMaxHelloNeighbours);
}

}  // namespace
}  // namespace spanway::ospf::test
