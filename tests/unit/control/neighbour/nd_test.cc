// SPDX-License-Identifier: BSD-3-Clause
// Neighbour discovery through the face: frames in, frames and events out, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/packet/checksum.h"
#include "tests/unit/control/neighbour/recorder.h"

namespace spanway::neighbour::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Ip6Addr six(const char* text) { return ip(text).v6(); }

NdMessage solicit(const char* source, const char* target, EtherAddr mac = kPeerMac) {
  const Ip6Addr to = six(target).solicited_node();
  return {.frame_source = mac,
          .frame_destination = group_mac(to),
          .source = six(source),
          .destination = to,
          .type = icmp6_type::kSolicit,
          .target = six(target),
          .source_mac = mac,
          .target_mac = {},
          .nonce = {}};
}
NdMessage probe(const char* target, EtherAddr mac = kPeerMac) {
  NdMessage message = solicit("::", target, mac);
  message.source_mac.reset();
  return message;
}
NdMessage advert(const char* target, const char* to, EtherAddr mac = kPeerMac) {
  return {.frame_source = mac,
          .frame_destination = kOurMac,
          .source = six(target),
          .destination = six(to),
          .type = icmp6_type::kAdvert,
          .target = six(target),
          .solicited = true,
          .override_mac = true,
          .source_mac = {},
          .target_mac = mac,
          .nonce = {}};
}

constexpr const char* kOurs = "2001:db8::1";
constexpr const char* kPeer = "2001:db8::2";

struct Nd : testing::Test {
  Bench bench{{net("2001:db8::1/64")}, true};
  void SetUp() override {
    bench.run(seconds(10));
    bench.out.take_frames();
    bench.out.take_events();
  }
};

TEST(NdAddresses, DetectsThenReportsReady) {
  Bench bench({net("2001:db8::1/64")}, true);
  EXPECT_THAT(bench.out.events, IsEmpty());
  bench.want("2001:db8::2");  // nothing to ask as: not a word on the wire
  EXPECT_THAT(bench.out.frames, IsEmpty());
  bench.run(millis(1000));
  const auto probes = bench.out.take_nd();
  ASSERT_EQ(probes.size(), 2u);
  for (const NdMessage& message : probes) {
    EXPECT_EQ(message.type, icmp6_type::kSolicit);
    EXPECT_TRUE(message.source.is_unspecified());
    EXPECT_EQ(message.destination, message.target.solicited_node());
    EXPECT_EQ(message.frame_destination, group_mac(message.destination));
    EXPECT_FALSE(message.source_mac);
    EXPECT_TRUE(message.nonce);
  }
  EXPECT_THAT(bench.out.events, IsEmpty());
  bench.run(millis(1000));
  auto events = bench.out.take_events();
  std::sort(events.begin(), events.end());
  EXPECT_THAT(events, ElementsAre("ready 2001:db8::1", "ready fe80::ff:fe00:1"));
  for (const OwnAddress& own : bench.tables.addresses(kIf))
    EXPECT_EQ(own.state, AddressState::kReady);
}

TEST(NdAddresses, AConfiguredLinkLocalAddressReplacesTheMadeOne) {
  Bench bench({net("fe80::1/64")}, true);
  ASSERT_EQ(bench.tables.addresses(kIf).size(), 1u);
  EXPECT_EQ(bench.tables.addresses(kIf)[0].address.addr, ip("fe80::1"));
}

TEST(NdAddresses, WithoutDetectionReadyAtOnce) {
  Settings settings;
  settings.detect_transmits = 0;
  Bench bench({net("2001:db8::1/64")}, false, settings);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 2001:db8::1"));
}

TEST(NdAddresses, AnotherNodesProbeMakesADuplicate) {
  Bench bench({net("2001:db8::1/64")});
  bench.nd(probe(kOurs));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("duplicate 2001:db8::1 02:00:00:00:00:02"));
  bench.run(seconds(60));
  EXPECT_THAT(bench.out.events, IsEmpty()) << "never ready";
  EXPECT_EQ(bench.tables.addresses(kIf)[0].state, AddressState::kDuplicate);
  bench.nd(solicit(kPeer, kOurs));
  EXPECT_THAT(bench.out.take_nd(), IsEmpty()) << "a duplicate address does not answer";
  // A link flap starts over.
  bench.configure({net("2001:db8::1/64")}, false, false);
  bench.configure({net("2001:db8::1/64")});
  bench.run(seconds(2));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 2001:db8::1"));
}

TEST(NdAddresses, AnAdvertisementMakesADuplicate) {
  Bench bench({net("2001:db8::1/64")});
  NdMessage message = advert(kOurs, "ff02::1");
  message.solicited = false;
  bench.nd(message);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("duplicate 2001:db8::1 02:00:00:00:00:02"));
}

TEST(NdAddresses, OurOwnProbeLoopedBackIsNone) {
  Bench bench({net("2001:db8::1/64")});
  bench.run(seconds(1));
  auto frames = bench.out.take_frames();
  ASSERT_FALSE(frames.empty());
  for (const auto& frame : frames) bench.tables.on_nd(kIf, frame.bytes, bench.now);
  bench.run(seconds(1));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 2001:db8::1"));
}

TEST(NdAddresses, ATentativeAddressNeitherAnswersNorLearns) {
  Bench bench({net("2001:db8::1/64")});
  bench.nd(solicit(kPeer, kOurs));
  EXPECT_THAT(bench.out.take_nd(), IsEmpty());
  EXPECT_THAT(bench.out.events, IsEmpty());
}

TEST_F(Nd, AnswersWhoAsksForUs) {
  bench.nd(solicit(kPeer, kOurs));
  const auto sent = bench.out.take_nd();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, icmp6_type::kAdvert);
  EXPECT_EQ(sent[0].destination, six(kPeer));
  EXPECT_EQ(sent[0].frame_destination, kPeerMac);
  EXPECT_EQ(sent[0].target, six(kOurs));
  EXPECT_EQ(sent[0].target_mac, kOurMac);
  EXPECT_TRUE(sent[0].router && sent[0].solicited && sent[0].override_mac);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("resolved 2001:db8::2 02:00:00:00:00:02"));
  EXPECT_EQ(bench.state(kPeer), State::kStale);
}

TEST_F(Nd, AnswersADetectionProbeToEverybody) {
  bench.nd(probe(kOurs));
  const auto sent = bench.out.take_nd();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].destination, kAllNodes);
  EXPECT_FALSE(sent[0].solicited);
  EXPECT_THAT(bench.out.events, IsEmpty());
}

TEST_F(Nd, OffLinkSourcesAreAnsweredButNotLearned) {
  bench.nd(solicit("2001:dead::2", kOurs));
  EXPECT_EQ(bench.out.take_nd().size(), 1u);
  EXPECT_THAT(bench.out.events, IsEmpty());
}

TEST_F(Nd, AsksThreeTimesThenFails) {
  bench.want(kPeer);
  for (int i = 0; i < 3; ++i) {
    const auto sent = bench.out.take_nd();
    ASSERT_EQ(sent.size(), 1u) << i;
    EXPECT_EQ(sent[0].type, icmp6_type::kSolicit);
    EXPECT_EQ(sent[0].source, six(kOurs));
    EXPECT_EQ(sent[0].destination, six(kPeer).solicited_node());
    EXPECT_EQ(sent[0].source_mac, kOurMac);
    bench.run(seconds(1));
  }
  EXPECT_THAT(bench.out.take_events(), ElementsAre("failed 2001:db8::2"));
}

TEST_F(Nd, LinkLocalNeighboursAreAskedFromOurLinkLocalAddress) {
  bench.want("fe80::99");
  const auto sent = bench.out.take_nd();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].source, link_local_of(kOurMac));
}

TEST_F(Nd, ProbesByUnicastAndLosesTheSilent) {
  bench.want(kPeer);
  bench.nd(advert(kPeer, kOurs));
  EXPECT_EQ(bench.state(kPeer), State::kReachable);
  bench.out.take_frames();
  bench.out.take_events();
  bench.run(seconds(90));
  const auto probes = bench.out.take_nd();
  ASSERT_EQ(probes.size(), 3u);
  EXPECT_EQ(probes[0].frame_destination, kPeerMac);
  EXPECT_EQ(probes[0].destination, six(kPeer));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("gone 2001:db8::2"));
}

TEST_F(Nd, ConflictWithAReadyAddressIsDefended) {
  NdMessage message = advert(kOurs, "ff02::1", kOtherMac);
  message.solicited = false;
  bench.nd(message);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("duplicate 2001:db8::1 02:00:00:00:00:03"));
  EXPECT_EQ(bench.out.take_nd().size(), 1u);
  bench.nd(message);
  EXPECT_THAT(bench.out.events, IsEmpty());
  bench.nd(solicit(kOurs, kOurs, kOtherMac));
  EXPECT_EQ(bench.tables.counts(kIf).conflicts, 3u);
  EXPECT_EQ(bench.tables.addresses(kIf)[0].state, AddressState::kReady);
}

TEST_F(Nd, IgnoresMartians) {
  NdMessage message = advert(kPeer, kOurs);
  bench.want(kPeer);
  bench.out.take_frames();
  message.target_mac = EtherAddr::broadcast();
  bench.nd(message);
  message.target_mac = EtherAddr{};
  bench.nd(message);
  message.target_mac = kOurMac;
  bench.nd(message);
  bench.nd(solicit(kPeer, kOurs, kOurMac));
  bench.nd(solicit("::1", kOurs));
  EXPECT_EQ(bench.tables.counts(kIf).martian, 5u);
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_THAT(bench.out.frames, IsEmpty());
}

// RFC 4861 section 7.2.5, every case.
struct AdvertCase {
  const char* name;
  State before;                           // kFailed: no entry at all
  bool mac, other, solicited, override_;  // has an option; it differs from the cached one
  State after;
  bool changed;  // the new MAC is in use
};

State enter(Bench& bench, State wanted) {
  if (wanted == State::kFailed) return State::kFailed;
  if (wanted == State::kStale) {
    bench.nd(solicit(kPeer, kOurs));
    return bench.state(kPeer);
  }
  bench.want(kPeer);
  if (wanted != State::kIncomplete) bench.nd(advert(kPeer, kOurs));
  if (wanted == State::kProbe)
    while (bench.state(kPeer) == State::kReachable) bench.run(millis(100));
  return bench.state(kPeer);
}

class AdvertTable : public testing::TestWithParam<AdvertCase> {};

TEST_P(AdvertTable, Holds) {
  const AdvertCase& c = GetParam();
  Bench bench({net("2001:db8::1/64")}, true);
  bench.run(seconds(10));
  ASSERT_EQ(enter(bench, c.before), c.before);
  bench.out.take_events();
  NdMessage message = advert(kPeer, kOurs, c.other ? kOtherMac : kPeerMac);
  if (!c.mac) message.target_mac.reset();
  message.solicited = c.solicited;
  message.override_mac = c.override_;
  message.router = true;
  bench.nd(message);
  EXPECT_EQ(bench.state(kPeer), c.after);
  const auto events = bench.out.take_events();
  EXPECT_EQ(events.size(), c.changed ? 1u : 0u);
  const Info* row = bench.entry(kPeer);
  if (row == nullptr || row->mac.is_zero()) return;
  EXPECT_EQ(row->mac, c.other && c.changed ? kOtherMac : kPeerMac);
}

constexpr State kI = State::kIncomplete, kR = State::kReachable, kS = State::kStale,
                kP = State::kProbe, kNone = State::kFailed;
const AdvertCase kAdvertCases[] = {
    {"NoEntryStaysNone", kNone, true, false, true, true, kNone, false},
    {"IncompleteWithoutMac", kI, false, false, true, true, kI, false},
    {"IncompleteSolicited", kI, true, false, true, false, kR, true},
    {"IncompleteUnsolicited", kI, true, false, false, true, kS, true},
    {"ReachableDiffersNoOverrideSolicited", kR, true, true, true, false, kS, false},
    {"ReachableDiffersNoOverride", kR, true, true, false, false, kS, false},
    {"ReachableDiffersOverrideSolicited", kR, true, true, true, true, kR, true},
    {"ReachableDiffersOverride", kR, true, true, false, true, kS, true},
    {"ReachableSameSolicited", kR, true, false, true, false, kR, false},
    {"ReachableSameUnsolicited", kR, true, false, false, true, kR, false},
    {"ReachableNoMacSolicited", kR, false, false, true, true, kR, false},
    {"StaleDiffersNoOverrideSolicited", kS, true, true, true, false, kS, false},
    {"StaleDiffersNoOverride", kS, true, true, false, false, kS, false},
    {"StaleDiffersOverrideSolicited", kS, true, true, true, true, kR, true},
    {"StaleDiffersOverride", kS, true, true, false, true, kS, true},
    {"StaleSameSolicited", kS, true, false, true, false, kR, false},
    {"StaleSameUnsolicited", kS, true, false, false, false, kS, false},
    {"StaleNoMacSolicited", kS, false, false, true, false, kR, false},
    {"StaleNoMacUnsolicited", kS, false, false, false, true, kS, false},
    {"ProbeDiffersNoOverrideSolicited", kP, true, true, true, false, kP, false},
    {"ProbeDiffersNoOverride", kP, true, true, false, false, kP, false},
    {"ProbeDiffersOverrideSolicited", kP, true, true, true, true, kR, true},
    {"ProbeDiffersOverride", kP, true, true, false, true, kS, true},
    {"ProbeSameSolicited", kP, true, false, true, false, kR, false},
    {"ProbeSameUnsolicited", kP, true, false, false, true, kP, false},
    {"ProbeNoMacSolicited", kP, false, false, true, false, kR, false},
};
std::string name_of_case(const testing::TestParamInfo<AdvertCase>& one) { return one.param.name; }
INSTANTIATE_TEST_SUITE_P(Rfc4861Section725, AdvertTable, testing::ValuesIn(kAdvertCases),
                         name_of_case);

TEST_F(Nd, KeepsTheRouterFlag) {
  bench.want(kPeer);
  NdMessage message = advert(kPeer, kOurs);
  message.router = true;
  bench.nd(message);
  EXPECT_TRUE(bench.entry(kPeer)->router);
  message.router = false;
  bench.nd(message);
  EXPECT_FALSE(bench.entry(kPeer)->router);
}

// Multicast listener reports.

struct Report {
  Ip6Header ip;
  uint8_t record;
  std::vector<Ip6Addr> groups;
};

std::vector<Report> reports(const std::vector<Recorder::Frame>& frames) {
  std::vector<Report> out;
  for (const auto& frame : frames) {
    Ip6Header header;
    if (frame.bytes.size() < 70 || frame.bytes[20] != ip_proto::kHopByHop) continue;
    std::memcpy(&header, frame.bytes.data() + 14, sizeof header);
    const std::span<const uint8_t> icmp =
        std::span(frame.bytes).subspan(62, header.payload_length.host() - 8u);
    const uint64_t sum = pseudo_sum(header, ip_proto::kIcmp6, static_cast<uint32_t>(icmp.size()));
    EXPECT_EQ(checksum_finish(checksum_add(sum, icmp)), 0);
    EXPECT_EQ(icmp[0], icmp6_type::kMld2Report);
    EXPECT_EQ(icmp.size(), 8u + icmp[7] * 20u);
    Report report{header, icmp[8], {}};
    for (size_t i = 0; i < icmp[7]; ++i) {
      Ip6Addr group;
      std::memcpy(group.bytes.data(), icmp.data() + 8 + i * 20 + 4, 16);
      report.groups.push_back(group);
    }
    out.push_back(report);
  }
  return out;
}

TEST(MldReport, JoinsEveryGroupBeforeDetection) {
  Bench bench({net("2001:db8::1/64"), net("2001:db8:1::1/64")}, true);
  bench.run(seconds(10));
  const auto frames = bench.out.take_frames();
  const auto sent = reports(frames);
  ASSERT_GE(sent.size(), 2u);
  EXPECT_EQ(frames[0].bytes[20], ip_proto::kHopByHop) << "the report goes before the probe";
  for (const Report& report : sent) {
    EXPECT_EQ(report.ip.hop_limit, 1);
    EXPECT_EQ(report.ip.destination, six("ff02::16"));
    EXPECT_EQ(report.record, 4);
    // Two of the three addresses share a group.
    EXPECT_THAT(report.groups, ElementsAre(six("ff02::1:ff00:1")));
  }
  EXPECT_TRUE(sent.front().ip.source.is_unspecified());
  EXPECT_EQ(sent.back().ip.source, link_local_of(kOurMac)) << "RFC 3590: again, with a source";
}

TEST(MldReport, AnswersAQuery) {
  Bench bench({net("2001:db8::5/64")}, true);
  bench.run(seconds(10));
  bench.out.take_frames();
  // A general query, as RFC 2710 section 3.1 has it: delay 1000 ms, group ::.
  std::vector<uint8_t> query = write_mld_report(kPeerMac, six("fe80::2"), GroupRecord::kIsExclude,
                                                std::vector<Ip6Addr>{six("::")});
  query.resize(62 + 24);
  query[14 + 5] = 8 + 24;
  query[62] = icmp6_type::kMldQuery;
  query[62 + 4] = 1000 >> 8;
  query[62 + 5] = 1000 & 0xff;
  for (size_t i = 62 + 6; i < query.size(); ++i) query[i] = 0;
  query[62 + 2] = query[62 + 3] = 0;
  Ip6Header header;
  std::memcpy(&header, query.data() + 14, sizeof header);
  const Be16 sum = Be16::from_raw(checksum_finish(
      checksum_add(pseudo_sum(header, ip_proto::kIcmp6, 24), std::span(query).subspan(62))));
  std::memcpy(query.data() + 64, &sum, 2);
  bench.tables.on_nd(kIf, query, bench.now);
  bench.run(millis(1001));
  const auto sent = reports(bench.out.take_frames());
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].record, 2);
  EXPECT_THAT(sent[0].groups, ElementsAre(six("ff02::1:ff00:1"), six("ff02::1:ff00:5")));
}

TEST(MldReport, SplitsWhatDoesNotFitInOnePacket) {
  std::vector<IpWithLength> many;
  for (int i = 1; i <= 150; ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "2001:db8::%x/64", i);
    many.push_back(net(text));
  }
  Settings settings;
  settings.detect_transmits = 0;
  settings.report_transmits = 1;
  Bench bench(many, false, settings);
  bench.run(millis(1));
  size_t groups = 0;
  for (const Report& report : reports(bench.out.take_frames())) {
    EXPECT_LE(report.ip.payload_length.host() + 40, 1280);
    groups += report.groups.size();
  }
  EXPECT_EQ(groups, 150u);
}

}  // namespace
}  // namespace spanway::neighbour::test
