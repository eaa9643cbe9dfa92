// SPDX-License-Identifier: BSD-3-Clause
// Every packet type, cut at every byte and with every 16-bit field at the values that break
// parsers. The fuzz targets' checks look at what comes out; the sanitizers at what is read.
#include <memory>

#include "dataplane/base/big_endian.h"
#include "tests/fuzz/ospf_input.h"
#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

using Play = void (*)(fuzz::Input);

struct Kind {
  const char* name;
  PacketType type;
  Play play;
  std::string_view seed;
};
constexpr Kind kKinds[] = {
    {"hello", PacketType::kHello, fuzz::play_hello, fuzz::kHello},
    {"description", PacketType::kDescription, fuzz::play_description, fuzz::kDescription},
    {"request", PacketType::kRequest, fuzz::play_request, fuzz::kRequest},
    {"update", PacketType::kUpdate, fuzz::play_update, fuzz::kUpdate},
    {"network update", PacketType::kUpdate, fuzz::play_update, fuzz::kNetworkUpdate},
    {"ack", PacketType::kAck, fuzz::play_ack, fuzz::kAck},
};

// From a heap block of exactly that size, so that a byte read behind it is seen.
void play_exactly(Play play, std::span<const uint8_t> bytes) {
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  play({copy.get(), bytes.size()});
}

// The values of issue after issue in other daemons: 0, 1, around a header, around what is there,
// most.
std::vector<size_t> values_that_break(size_t size) {
  std::vector<size_t> out{0, 1, 65'534, 65'535};
  for (const size_t near : {kLsaHeaderBytes, kHeaderBytes, size})
    for (const size_t value : {near - 1, near, near + 1}) out.push_back(value);
  return out;
}

void play_all_damage(Play play, const Buffer& good) {
  for (size_t n = 0; n <= good.size(); ++n) play_exactly(play, std::span(good).first(n));
  for (size_t at = 0; at + 2 <= good.size(); ++at) {
    for (const size_t value : values_that_break(good.size() - at)) {
      Buffer bad = good;
      const Be16 wire(static_cast<uint16_t>(value));
      std::memcpy(bad.data() + at, &wire, sizeof wire);
      play_exactly(play, bad);
    }
  }
}

TEST(Damage, NoPacketGetsPastItsEnd) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(kind.name);
    const Buffer packet = hex(kind.seed);
    play_all_damage(kind.play, packet);
    play_all_damage(kind.play, body_of(packet));
  }
}

TEST(Damage, NoLsaGetsPastItsEnd) {
  for (const std::string_view seed : {fuzz::kUpdate, fuzz::kNetworkUpdate}) {
    const Buffer body = body_of(hex(seed));
    const Parsed<std::vector<fuzz::Input>> lsas = parse_update(body);
    ASSERT_TRUE(lsas);
    for (const fuzz::Input lsa : *lsas)
      play_all_damage(fuzz::play_lsa, Buffer(lsa.begin(), lsa.end()));
  }
  for (const LsaType type : {LsaType::kSummaryNetwork, LsaType::kSummaryRouter})
    play_all_damage(fuzz::play_lsa, *write_lsa({header(1, type), SummaryLsa{.metric = 7}}));
}

// The packet's own length field against what came: only what is there and holds a header passes.
TEST(Damage, PacketLengthFieldIsHeldAgainstTheBytes) {
  for (const Kind& kind : kKinds) {
    const Buffer good = hex(kind.seed);
    for (size_t length = 0; length <= 65'535; ++length) {
      Buffer bad = good;
      const Be16 wire(static_cast<uint16_t>(length));
      std::memcpy(bad.data() + offset::kLength, &wire, sizeof wire);
      const Parsed<Packet> packet = parse_packet(bad);
      ASSERT_EQ(packet.has_value(), length >= kHeaderBytes && length <= good.size())
          << kind.name << " " << length;
      if (packet) {
        ASSERT_EQ(packet->body.size(), length - kHeaderBytes);
        ASSERT_EQ(packet->trailer.size(), good.size() - length);
      }
    }
  }
}

// Cut by its own length field, an update never gives an LSA that is not wholly there.
TEST(Damage, CutUpdateGivesNothing) {
  const Buffer body = body_of(hex(fuzz::kUpdate));
  for (size_t n = 0; n < body.size(); ++n)
    EXPECT_EQ(refusal_of(parse_update(std::span(body).first(n))), Refusal::kTruncatedBody) << n;
}

}  // namespace
}  // namespace spanway::ospf::test
