// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/parse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "dataplane/packet/headers.h"
#include "tests/support/frames.h"

namespace spanway {
namespace {

using test::Bytes;
using test::operator+;

const test::Ether kUntagged{test::mac_of("02:00:00:00:00:01"), test::mac_of("02:00:00:00:00:02")};
const test::Ether kTagged{kUntagged.to, kUntagged.from, 100};
const test::Ip4 kFour{Ip4Addr(10, 0, 0, 1), Ip4Addr(10, 0, 0, 2)};
const test::Ip6 kSix{test::ip6_of("2001:db8::1"), test::ip6_of("2001:db8::2")};

test::Ip6 six(uint8_t next) {
  test::Ip6 ip = kSix;
  ip.next = next;
  return ip;
}

struct Parsed {
  DropReason verdict;
  Meta meta;
};

// Parses a heap copy of exactly the frame's size, so that a sanitizer sees one byte read too many.
Parsed parse(const Bytes& bytes) {
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  Parsed out{};
  out.verdict = parse_frame({copy.get(), bytes.size()}, out.meta);
  EXPECT_EQ(out.verdict, out.meta.drop);
  return out;
}

Bytes spoiled(Bytes bytes, size_t at, int value) {
  bytes[at] = static_cast<uint8_t>(value);
  return bytes;
}

const Bytes kUdp4 = test::frame4(kUntagged, packet4(kFour, udp(kFour, 1, 2, test::counting(20))));
const Bytes kUdp6 = test::frame6(kUntagged, packet6(kSix, udp(kSix, 1, 2, test::counting(20))));

TEST(Parse, FindsTheHeadersOfValidFrames) {
  struct Case {
    const char* what;
    Bytes bytes;
    uint16_t l3, l4, l3_bytes;
    uint8_t family, protocol;
    uint16_t flags;
  };
  test::Ip4 with_options = kFour;
  with_options.options = {148, 4, 0, 0};
  test::Ip4 first = kFour, later = kFour;
  first.fragment = Ip4Header::kMoreFragments;
  later.fragment = 3;
  const Bytes message = udp(kSix, 1, 2, {});
  const Bytes pad = {1, 4, 0, 0, 0, 0};
  const std::vector<Case> cases = {
      {"udp over IPv4", kUdp4, 14, 34, 48, 4, 17, 0},
      {"udp over IPv6", kUdp6, 14, 54, 68, 6, 17, 0},
      {"a VLAN tag", test::frame4(kTagged, packet4(kFour, udp(kFour, 1, 2, {}))), 18, 38, 28, 4, 17,
       Meta::kVlanTagged},
      {"padding behind", test::frame4(kUntagged, packet4(kFour, udp(kFour, 1, 2, {}))) + Bytes(18),
       14, 34, 28, 4, 17, 0},
      {"router alert", test::frame4(kUntagged, packet4(with_options, udp(kFour, 1, 2, {}))), 14, 38,
       32, 4, 17, Meta::kOptions | Meta::kRouterAlert},
      {"first fragment", test::frame4(kUntagged, packet4(first, udp(kFour, 1, 2, {}))), 14, 34, 28,
       4, 17, Meta::kFragment},
      {"later fragment", test::frame4(kUntagged, packet4(later, test::counting(16))), 14, 0, 36, 4,
       17, Meta::kFragment | Meta::kLaterFragment},
      {"an unknown protocol without a byte of payload",
       test::frame4(kUntagged, packet4(test::Ip4{kFour.from, kFour.to, 200}, {})), 14, 0, 20, 4,
       200, 0},
      {"an ICMP error",
       test::frame4(kUntagged, packet4(test::Ip4{kFour.from, kFour.to, 1},
                                       test::icmp4(3, 1, 0, test::counting(28)))),
       14, 34, 56, 4, 1, Meta::kIsError},
      {"an echo request",
       test::frame4(kUntagged,
                    packet4(test::Ip4{kFour.from, kFour.to, 1}, test::icmp4(8, 0, 0, {}))),
       14, 34, 28, 4, 1, 0},
      {"hop-by-hop options",
       test::frame6(kUntagged, packet6(six(0), test::extension(17, pad) + message)), 14, 62, 56, 6,
       17, Meta::kOptions},
      {"destination options, routing",
       test::frame6(kUntagged, packet6(six(60), test::extension(43, pad) +
                                                    test::extension(17, Bytes(14)) + message)),
       14, 78, 72, 6, 17, 0},
      {"an authentication header",
       test::frame6(kUntagged, packet6(six(51), Bytes{17, 4} + Bytes(22) + message)), 14, 78, 72, 6,
       17, 0},
      {"first IPv6 fragment",
       test::frame6(kUntagged, packet6(six(44), test::fragment_header(17, 0, true, 9) + message)),
       14, 62, 56, 6, 17, Meta::kFragment},
      {"later IPv6 fragment",
       test::frame6(kUntagged, packet6(six(44), test::fragment_header(17, 8, false, 9) + message)),
       14, 0, 56, 6, 17, Meta::kFragment | Meta::kLaterFragment},
      {"atomic IPv6 fragment",
       test::frame6(kUntagged, packet6(six(44), test::fragment_header(17, 0, false, 9) + message)),
       14, 62, 56, 6, 17, 0},
      {"no next header", test::frame6(kUntagged, packet6(six(59), {})), 14, 0, 40, 6, 59, 0},
      {"a redirect is an error",
       test::frame6(kUntagged, packet6(six(58), test::icmp6(six(58), 137, 0, 0, Bytes(32)))), 14,
       54, 80, 6, 58, Meta::kIsError},
  };
  for (const Case& c : cases) {
    const Parsed got = parse(c.bytes);
    EXPECT_EQ(name_of(got.verdict), "none") << c.what;
    EXPECT_EQ(got.meta.l3, c.l3) << c.what;
    EXPECT_EQ(got.meta.l4, c.l4) << c.what;
    EXPECT_EQ(got.meta.l3_bytes, c.l3_bytes) << c.what;
    EXPECT_EQ(got.meta.family, c.family) << c.what;
    EXPECT_EQ(got.meta.protocol, c.protocol) << c.what;
    EXPECT_EQ(got.meta.flags, c.flags) << c.what;
  }
}

TEST(Parse, NamesWhatIsMalformed) {
  struct Case {
    const char* what;
    Bytes bytes;
    DropReason verdict;
  };
  const Bytes tagged = test::frame4(kTagged, packet4(kFour, udp(kFour, 1, 2, {})));
  test::Ip4 options = kFour;
  const auto with_options = [&](const Bytes& bytes) {
    options.options = bytes;
    return test::frame4(kUntagged, packet4(options, {}));
  };
  const Bytes hop_by_hop =
      test::frame6(kUntagged, packet6(six(0), test::extension(17, Bytes(6)) + Bytes(8)));
  using enum DropReason;
  const std::vector<Case> cases = {
      {"no bytes", {}, kFrameTruncated},
      {"13 bytes", Bytes(13), kFrameTruncated},
      {"half a VLAN tag", Bytes(tagged.begin(), tagged.begin() + 16), kFrameTruncated},
      {"IPv4 of 19 bytes", Bytes(kUdp4.begin(), kUdp4.begin() + 33), kIp4Truncated},
      {"version 5", spoiled(kUdp4, 14, 0x55), kIp4BadVersion},
      {"version 6 by type IPv4", spoiled(kUdp4, 14, 0x65), kIp4BadVersion},
      {"header of 16 bytes", spoiled(kUdp4, 14, 0x44), kIp4BadHeaderLength},
      {"header longer than the frame", spoiled(Bytes(kUdp4.begin(), kUdp4.begin() + 40), 14, 0x4f),
       kIp4Truncated},
      {"total length below the header", spoiled(kUdp4, 17, 19), kIp4BadTotalLength},
      {"total length past the frame", spoiled(kUdp4, 17, 49), kIp4BadTotalLength},
      {"option of length 0", with_options({7, 0, 0, 0}), kIp4BadOptions},
      {"option of length 1", with_options({7, 1, 0, 0}), kIp4BadOptions},
      {"option past the header", with_options({1, 7, 4, 4}), kIp4BadOptions},
      {"option type in the last byte", with_options({1, 1, 1, 7}), kIp4BadOptions},
      {"IPv6 of 39 bytes", Bytes(kUdp6.begin(), kUdp6.begin() + 53), kIp6Truncated},
      {"version 4 by type IPv6", spoiled(kUdp6, 14, 0x40), kIp6BadVersion},
      {"payload length past the frame", spoiled(kUdp6, 19, 29), kIp6BadPayloadLength},
      {"hop-by-hop options past the packet", spoiled(hop_by_hop, 55, 2), kIp6BadExtension},
      {"hop-by-hop options of 7 bytes", test::frame6(kUntagged, packet6(six(0), Bytes(7))),
       kIp6BadExtension},
  };
  for (const Case& c : cases)
    EXPECT_EQ(name_of(parse(c.bytes).verdict), name_of(c.verdict)) << c.what;

  const Bytes arp = test::arp_request(kUntagged.from, kFour.from, kFour.to);
  EXPECT_EQ(parse(arp).verdict, kNone);
  EXPECT_EQ(parse(Bytes(arp.begin(), arp.end() - 1)).verdict, kArpMalformed);
}

// The hop-by-hop header is every router's to read; what stands behind is not (RFC 8200 section 4).
TEST(Parse, LeavesABrokenChainToTheDestination) {
  for (const uint8_t type : {43, 44, 51, 60}) {
    const Parsed got = parse(test::frame6(kUntagged, packet6(six(type), {17, 200, 0, 0})));
    EXPECT_EQ(got.verdict, DropReason::kNone);
    EXPECT_TRUE(got.meta.flags & Meta::kBadChain) << int{type};
    EXPECT_EQ(got.meta.l4, 0);
  }
}

TEST(Parse, EndsAtTheLastExtensionItFollows) {
  const auto chain = [](unsigned headers) {
    Bytes out;
    for (unsigned i = 1; i < headers; ++i) out = out + test::extension(60, Bytes(6));
    return test::frame6(kUntagged,
                        packet6(six(60), out + test::extension(17, Bytes(6)) + Bytes(8)));
  };
  EXPECT_FALSE(parse(chain(kMaxExtensions)).meta.flags & Meta::kBadChain);
  EXPECT_TRUE(parse(chain(kMaxExtensions + 1)).meta.flags & Meta::kBadChain);
}

TEST(Parse, PointsAtTheBadOption) {
  test::Ip4 ip = kFour;
  ip.options = {1, 1, 7, 9};
  EXPECT_EQ(parse(test::frame4(kUntagged, packet4(ip, {}))).meta.icmp_value, 22u);
}

TEST(Parse, PointsAtTheFieldThatNamedTheProtocol) {
  EXPECT_EQ(parse(test::frame6(kUntagged, packet6(six(200), Bytes(8)))).meta.icmp_value, 6u);
  const Bytes chain = test::extension(60, Bytes(6)) + test::extension(200, Bytes(6)) + Bytes(4);
  EXPECT_EQ(parse(test::frame6(kUntagged, packet6(six(60), chain))).meta.icmp_value, 48u);
}

// Every prefix of a valid frame: never a read past its end (under ASan), and never taken for whole.
TEST(Parse, TruncationAtEveryLength) {
  test::Ip4 options = kFour;
  options.options = {7, 7, 4, 0, 0, 0, 0, 0};
  const Bytes pad = {1, 4, 0, 0, 0, 0};
  const std::vector<Bytes> frames = {
      kUdp4,
      kUdp6,
      test::frame4(kTagged, packet4(options, tcp(options, 1, 2))),
      test::frame6(kTagged, packet6(six(0), test::extension(60, pad) + test::extension(44, pad) +
                                                test::fragment_header(17, 0, true, 1) + Bytes(8))),
      test::frame4(kUntagged,
                   packet4(test::Ip4{kFour.from, kFour.to, 1}, test::icmp4(8, 0, 1, Bytes(56)))),
      test::arp_request(kUntagged.from, kFour.from, kFour.to),
  };
  for (const Bytes& whole : frames) {
    ASSERT_EQ(name_of(parse(whole).verdict), "none");
    for (size_t bytes = 0; bytes < whole.size(); ++bytes)
      EXPECT_NE(parse(Bytes(whole.begin(), whole.begin() + static_cast<long>(bytes))).verdict,
                DropReason::kNone)
          << bytes << " of " << whole.size();
  }
}

}  // namespace
}  // namespace spanway
