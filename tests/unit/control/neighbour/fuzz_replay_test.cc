// SPDX-License-Identifier: BSD-3-Clause
// The fuzz targets' sessions with seeded inputs: a bounded run of them in every build.
#include <gtest/gtest.h>

#include "dataplane/base/random.h"
#include "tests/fuzz/neighbour_input.h"
#include "tests/unit/control/neighbour/recorder.h"

namespace spanway::neighbour::test {
namespace {

using Bytes = std::vector<uint8_t>;

// Good messages from and about a peer, to be damaged.
std::vector<Bytes> arp_seeds() {
  ArpMessage message{.frame_source = kPeerMac,
                     .frame_destination = kOurMac,
                     .operation = arp_operation::kRequest,
                     .sender_mac = kPeerMac,
                     .target_mac = kOurMac,
                     .sender_ip = ip("10.0.0.2").v4(),
                     .target_ip = ip("10.0.0.1").v4()};
  std::vector<Bytes> out{write_arp(message)};
  message.operation = arp_operation::kReply;
  out.push_back(write_arp(message));
  message.target_ip = message.sender_ip;
  out.push_back(write_arp(message));
  return out;
}

std::vector<Bytes> nd_seeds() {
  NdMessage message{.frame_source = kPeerMac,
                    .frame_destination = kOurMac,
                    .source = ip("2001:db8::2").v6(),
                    .destination = ip("2001:db8::1").v6(),
                    .type = icmp6_type::kSolicit,
                    .target = ip("2001:db8::1").v6(),
                    .source_mac = kPeerMac,
                    .target_mac = {},
                    .nonce = Nonce{1, 2, 3}};
  std::vector<Bytes> out{write_nd(message)};
  message.type = icmp6_type::kAdvert;
  message.target = message.source;
  message.target_mac = kPeerMac;
  message.solicited = message.override_mac = true;
  out.push_back(write_nd(message));
  out.push_back(write_mld_report(kPeerMac, ip("fe80::2").v6(), GroupRecord::kIsExclude,
                                 std::vector<Ip6Addr>{ip("ff02::1").v6()}));
  return out;
}

// A session of up to 40 messages, most of them damaged in one to four places or cut.
Bytes session(const std::vector<Bytes>& seeds, Random& random) {
  Bytes out;
  for (uint64_t left = random.below(40); left != 0; --left) {
    Bytes frame = seeds[random.below(seeds.size())];
    for (uint64_t changes = random.below(5); changes != 0; --changes)
      frame[random.below(frame.size())] = static_cast<uint8_t>(random());
    if (random.below(4) == 0) frame.resize(random.below(frame.size()));
    out.push_back(static_cast<uint8_t>(random()));
    out.push_back(static_cast<uint8_t>(frame.size()));
    out.insert(out.end(), frame.begin(), frame.end());
  }
  return out;
}

void replay(const std::vector<Bytes>& seeds, bool nd) {
  constexpr uint64_t kSeed = 20260;
  Random random(kSeed);
  for (int i = 0; i < 2'000; ++i) fuzz::play(session(seeds, random), nd);
  SUCCEED() << "the checks are in play(); seed " << kSeed;
}

TEST(FuzzReplay, Arp) { replay(arp_seeds(), false); }
TEST(FuzzReplay, Nd) { replay(nd_seeds(), true); }

}  // namespace
}  // namespace spanway::neighbour::test
