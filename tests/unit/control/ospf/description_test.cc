// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/description.h"

#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

// RFC 2328 appendix A.3.3 (MTU, options, flags; sequence), then a header of appendix A.4.1 (age,
// options, type; ID; router; sequence; checksum, length).
constexpr std::string_view kBody =
    "05dc 42 06 01020304 "
    "0001 22 05 0a090000 0a000007 80000009 abcd 0024";

Description sample() {
  return {.mtu_bytes = 1500,
          .options = 0x42,
          .initial = true,
          .more = true,
          .master = false,
          .sequence = 0x01020304,
          .headers = {{.age_s = 1,
                       .options = 0x22,
                       .key = {LsaType::kExternal, LinkStateId(0x0a090000), RouterId(0x0a000007)},
                       .sequence = {INT32_MIN + 9},
                       .checksum = 0xabcd,
                       .length_bytes = 36}}};
}

TEST(Description, IsReadFieldByField) {
  const Parsed<Description> read = parse_description(hex(kBody));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, sample());
}

TEST(Description, IsWrittenFieldByField) {
  const Filled out = write_description(kFrom, sample());
  EXPECT_EQ(body_of(out.packet), hex(kBody));
  EXPECT_EQ(out.taken, 1u);
}

TEST(Description, EachFlagHasItsBit) {
  for (uint8_t flags = 0; flags < 8; ++flags) {
    const Buffer body{0x05, 0xdc, 0, flags, 0, 0, 0, 1};
    const Parsed<Description> read = parse_description(body);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->master, (flags & 1) != 0);
    EXPECT_EQ(read->more, (flags & 2) != 0);
    EXPECT_EQ(read->initial, (flags & 4) != 0);
    EXPECT_EQ(body_of(write_description(kFrom, *read).packet), body);
  }
}

TEST(Description, IsFilledUpToTheRoomAndSaysMore) {
  Envelope narrow = kFrom;
  narrow.room_bytes = room_in(1500, 16);
  Description all = sample();
  all.more = false;
  all.headers = headers(150);
  size_t packets = 0;
  while (!all.headers.empty()) {
    const Filled out = write_description(narrow, all);
    EXPECT_LE(out.packet.size(), narrow.room_bytes);
    const bool last = out.taken == all.headers.size();
    EXPECT_TRUE(last || out.packet.size() + kLsaHeaderBytes > narrow.room_bytes);
    EXPECT_EQ(parse_description(body_of(out.packet))->more, !last);
    all.headers.erase(all.headers.begin(), all.headers.begin() + static_cast<ptrdiff_t>(out.taken));
    ++packets;
  }
  EXPECT_EQ(packets, 3u);  // 71 headers go into 1500 bytes less 20, 16, 24 and 8
}

TEST(Description, GetsOnInARoomForNothing) {
  Envelope none = kFrom;
  none.room_bytes = 0;
  Description description = sample();
  description.headers = headers(3);
  EXPECT_EQ(write_description(none, description).taken, 1u);
  description.headers.clear();
  EXPECT_EQ(write_description(none, description).taken, 0u);
}

TEST(Description, TypesUnknownAreLeftToTheExchange) {
  Buffer body = hex(kBody);
  body[8 + 3] = 11;  // section 10.6 answers it with SeqNumberMismatch
  const Parsed<Description> read = parse_description(body);
  ASSERT_TRUE(read);
  EXPECT_FALSE(is_known(read->headers[0].key.type));
}

TEST(Description, LengthsBelowAHeaderAreRefused) {
  Buffer body = hex(kBody);
  body.back() = 20;
  EXPECT_TRUE(parse_description(body));
  body.back() = 19;
  EXPECT_EQ(refusal_of(parse_description(body)), Refusal::kBadLsaLength);
}

TEST(Description, CutListIsRagged) {
  const Buffer body = hex(kBody);
  for (size_t n = 0; n < body.size(); ++n) {
    if (n == 8) continue;  // none at all is a whole list
    EXPECT_EQ(refusal_of(parse_description(std::span(body).first(n))),
              n < 8 ? Refusal::kTruncatedBody : Refusal::kRaggedBody)
        << n;
  }
}

}  // namespace
}  // namespace spanway::ospf::test
