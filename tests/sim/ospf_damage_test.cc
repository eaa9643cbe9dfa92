// SPDX-License-Identifier: BSD-3-Clause
// An engine that is Full with an honest neighbour, and somebody on their wire who says the
// neighbour's packets again, spoiled in every way, in its name: with nobody watching, and with
// every packet traced.
#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "control/api/server.h"
#include "control/cli/render.h"
#include "control/daemon/handlers.h"
#include "control/ospf/instance.h"
#include "control/ospf/update.h"
#include "tests/support/far_end.h"
#include "tests/support/ospf_damage.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;
using ospf::PacketType;
using test::Bytes;
using test::ip4_of;

constexpr PacketType kTypes[] = {PacketType::kHello, PacketType::kDescription, PacketType::kRequest,
                                 PacketType::kUpdate, PacketType::kAck};
const Ip4Addr kHonest = ip4_of("10.0.0.2");
const ospf::RouterId kHonestId{0x02020202};

class OspfDamage : public test::FarEnd,
                   public testing::WithParamInterface<bool>,  // everything is traced
                   public ospf::Outlet {
 protected:
  using Database = std::map<ospf::LsaKey, ospf::LsaBody>;

  void SetUp() override {
    FarEnd::SetUp();
    add_watch_handlers(server_, *engine_);
  }
  void TearDown() override {
    expect_accounted();
    if (GetParam()) expect_traced();
    honest_.reset();
    FarEnd::TearDown();
  }

  // Until both are Full and have heard each other for a while.
  void make_full(const std::string& key = {}) {
    begin({"10.0.0.1/24"}, {kHonest.to_string()},
          "[ospf]\nrouter_id = \"1.1.1.1\"\n"
          "[[ospf.port]]\nname = \"p0\"\nhello_interval_s = 1\n" +
              (key.empty() ? "" : "[[ospf.key]]\nport = \"p0\"\nsecret = \"" + key + "\"\n"));
    run(seconds(1));
    ospf::InterfaceSettings settings{.hello_interval_s = 1, .dead_interval_s = 4};
    if (!key.empty())
      settings.authenticator = *ospf::Authenticator::cryptographic({{.id = 1, .secret = key}});
    honest_ =
        std::make_unique<ospf::Instance>(ospf::RouterSettings{.router = kHonestId}, *this, now_);
    honest_->set_interface(IfIndex(0), settings, now_);
    honest_->set_link(IfIndex(0), {.up = true, .addresses = {{kHonest, 24}}}, now_);
    ASSERT_TRUE(come_to_full());
    run(seconds(8));
    for (const PacketType type : kTypes) ASSERT_FALSE(said_[type].empty()) << int(type);
    if (!GetParam()) return;
    call("trace.add", {{"count", Watching::kMaxTraced}});
    seen_before_ = engine_->totals();
  }
  bool are_full() {
    const auto is_full = [this](const ospf::Instance& one) {
      const auto all = one.neighbours(now_);
      return all.size() == 1 && all[0].state == ospf::NeighbourState::kFull;
    };
    return is_full(*engine_->ospf().instance()) && is_full(*honest_);
  }
  bool come_to_full() {
    for (const Nanos end = now_ + seconds(40); !are_full() && now_ < end;) run(millis(10));
    return are_full();
  }
  // Changes of state at either side: without one, Full is Full all the time.
  uint64_t changes() {
    uint64_t sum = 0;
    for (const auto& one : engine_->ospf().instance()->neighbours(now_)) sum += one.changes;
    for (const auto& one : honest_->neighbours(now_)) sum += one.changes;
    return sum;
  }

  void attack(const Bytes& frame) {
    say(test::exact_packet_of(frame));
    if (++attacks_ % 16 == 0) run(millis(1));
  }
  void attack(const std::vector<Bytes>& frames) {
    for (const Bytes& frame : frames) attack(frame);
    run(millis(2));
  }
  // A lie in the honest one's name.
  void flood(const Bytes& lsa, uint16_t age_s) {
    ospf::UpdateWriter writer({.router = kHonestId, .area = ospf::AreaId{0}});
    ASSERT_TRUE(writer.add(lsa, age_s));
    attack(frame_of(ip4_of("10.0.0.1"), std::move(writer).finish()));
  }
  // The largest one of a type has most to spoil.
  const Bytes& sample(PacketType type) {
    return *std::ranges::max_element(said_[type], {}, &Bytes::size);
  }

  static ospf::InterfaceView interface_of(const ospf::Instance& instance, Nanos now) {
    return instance.interfaces(now).at(0);
  }
  // Frames that came to nothing: dropped by the worker, by the host, refused by OSPF.
  uint64_t came_to_nothing() {
    return engine_->totals().dropped() + dropped_by_host() +
           interface_of(*engine_->ospf().instance(), now_).refused;
  }
  uint64_t dropped_by_host() {
    uint64_t sum = 0;
    for (size_t why = 0; why < static_cast<size_t>(OspfDrop::kCount); ++why)
      sum += engine_->ospf().dropped(static_cast<OspfDrop>(why));
    return sum;
  }
  uint64_t refused(ospf::Refusal why) {
    for (const auto& count : engine_->ospf().instance()->view(now_).refusals)
      if (count.reason == why) return count.packets;
    return 0;
  }
  static Database database_of(const ospf::Instance& instance, Nanos now) {
    Database out;
    instance.each_lsa(now, [&](const ospf::Lsa& lsa) { out[lsa.header.key] = lsa.body; });
    return out;
  }
  std::vector<ospf::Lsa> lsas() {
    std::vector<ospf::Lsa> out;
    engine_->ospf().instance()->each_lsa(now_, [&](const ospf::Lsa& lsa) { out.push_back(lsa); });
    return out;
  }
  Database ours() { return database_of(*engine_->ospf().instance(), now_); }
  Database theirs() { return database_of(*honest_, now_); }

  json call(const char* method, const json& params) {
    const json request = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    const json answer = json::parse(server_.answer(request.dump(), {api::Role::kFull}));
    EXPECT_TRUE(answer.contains("result")) << answer;
    return answer.value("result", json::object());
  }

  void on_turn() override {
    for (const Bytes& frame : std::exchange(heard_, {})) {
      if (!honest_ || !is_ospf(frame)) continue;
      heard_ospf_.push_back(frame);
      const Ip4Addr to(load_big<uint32_t>(frame.data() + 30));
      if (to != kHonest && to != ospf::kAllSpfRouters && !designated_) continue;
      const size_t end = 14 + load_big<uint16_t>(frame.data() + 16);
      honest_->receive(IfIndex(0), Ip4Addr(load_big<uint32_t>(frame.data() + 26)), to,
                       std::span(frame).subspan(34, end - 34), now_);
    }
    if (honest_) honest_->step(now_);
  }

  std::map<PacketType, std::vector<Bytes>> said_;  // by the honest one, as frames
  std::vector<Bytes> heard_ospf_;                  // from the engine
  uint64_t attacks_ = 0;

 private:
  // ospf::Outlet, of the honest one
  void send(IfIndex, Ip4Addr to, std::span<const uint8_t> packet) override {
    const Bytes frame = frame_of(to, {packet.begin(), packet.end()});
    said_[static_cast<PacketType>(packet[1])].push_back(frame);
    say(frame);
    ++spoken_;
  }
  void routes(std::span<const ospf::RouteChange>) override {}
  void listen_as_designated(IfIndex, bool on) override { designated_ = on; }
  void event(const char*, const char*, std::string, std::string) override {}

  Bytes frame_of(Ip4Addr to, const Bytes& packet) {
    const EtherAddr group{{1, 0, 0x5e, 0, 0, static_cast<uint8_t>(to.value())}};
    return test::frame4(
        {to.is_multicast() ? group : router_mac(), kMac},
        test::packet4({.from = kHonest, .to = to, .protocol = 89, .ttl = 1}, packet));
  }

  // Every frame that was said came in and ended somewhere.
  void expect_accounted() {
    run(millis(2));
    const auto view = interface_of(*engine_->ospf().instance(), now_);
    const uint64_t to_ospf = std::accumulate(view.received.begin(), view.received.end(), 0ull);
    const stats::Snapshot totals = engine_->totals();
    EXPECT_EQ(totals.rx, spoken_ + attacks_);
    EXPECT_EQ(totals.rx, totals.dropped() + totals.punted);
    EXPECT_EQ(totals.punted, dropped_by_host() + to_ospf);
  }
  // The trace has each of them, and can be shown.
  void expect_traced() {
    const stats::Snapshot totals = engine_->totals();
    std::map<std::string, uint64_t> outcomes;
    uint64_t after = 0;
    json page;
    do {
      page = call("show.trace", {{"after", after}, {"limit", 1000}});
      const size_t packets = page["packets"].size();
      for (const json& packet : page["packets"]) ++outcomes[packet["outcome"]];
      const std::string text = cli::render("show.trace", page, {});
      EXPECT_EQ(static_cast<size_t>(std::ranges::count(text, '\n')), packets + 1);
      after += packets;
    } while (!page["packets"].empty());
    EXPECT_EQ(page["lost"], 0);
    EXPECT_EQ(page["seen"], after);
    EXPECT_EQ(after, totals.rx - seen_before_.rx);
    EXPECT_EQ(outcomes["dropped"], totals.dropped() - seen_before_.dropped());
    EXPECT_EQ(outcomes["punted"], totals.punted - seen_before_.punted);
  }

  VirtualClock clock_;
  api::Server server_{{}, clock_};
  std::unique_ptr<ospf::Instance> honest_;
  bool designated_ = false;
  uint64_t spoken_ = 0;
  stats::Snapshot seen_before_;
};

// What fails a check of lengths or checksums is as if it had never been said.
TEST_P(OspfDamage, IsRefusedWhereItCanBeSeen) {
  make_full();
  const uint64_t before = changes(), nothing = came_to_nothing();
  for (const PacketType type : kTypes) attack(test::damage_of(sample(type)).refused);
  // Our own packets, thrown back as they are and in the neighbour's name.
  for (Bytes frame : std::vector(heard_ospf_)) {
    attack(frame);
    frame[29] = 2;
    const size_t sum = load_big<uint16_t>(frame.data() + 24) + 0xffffu - 1;
    frame[24] = static_cast<uint8_t>(sum % 0xffff >> 8);
    frame[25] = static_cast<uint8_t>(sum % 0xffff);
    attack(frame);
  }
  run(seconds(5));
  EXPECT_GT(refused(ospf::Refusal::kOwnRouterId), 0u);
  EXPECT_GT(attacks_, 5'000u);
  EXPECT_EQ(came_to_nothing() - nothing, attacks_);
  EXPECT_EQ(changes(), before);
  EXPECT_TRUE(are_full());
  EXPECT_EQ(ours().size(), 3u);
}

// Damage under right checksums, which without authentication anybody may say. An update and an
// acknowledgment never break an adjacency. The other three do, by RFC 2328: a Hello that leaves us
// out (section 10.5, 1-WayReceived), a description out of its place (section 10.6,
// SeqNumberMismatch) and a request for what nobody has (section 10.7, BadLSReq). It comes back.
TEST_P(OspfDamage, HarmsForAWhileAtMostUnderRightChecksums) {
  make_full();
  const Database truth = ours();
  for (const PacketType type : kTypes) {
    SCOPED_TRACE(int(type));
    const uint64_t before = changes();
    const bool harmless = type == PacketType::kUpdate || type == PacketType::kAck;
    // Few at a time, so that more than the first one meets an adjacency that is Full.
    const std::vector<Bytes> frames = test::damage_of(sample(type)).let_through;
    for (size_t i = 0; i < frames.size(); ++i) {
      attack(frames[i]);
      if (i % 32 == 31) {
        run(millis(2));
        ASSERT_TRUE(come_to_full()) << "frame " << i;
      }
    }
    run(seconds(10));
    EXPECT_EQ(changes() == before, harmless);
    EXPECT_TRUE(are_full());
    EXPECT_LE(ours().size(), truth.size() + 1);
  }
  run(seconds(20));
  EXPECT_TRUE(are_full());
  EXPECT_EQ(theirs(), truth);
  // Fletcher's sum takes 0000 for ffff: one LSA under another ID is in order, and nobody's.
  EXPECT_LE(ours().size(), truth.size() + 1);
  for (const auto& [key, body] : truth) EXPECT_EQ(ours()[key], body);
}

// LSAs in order that lie about every LSA there is: gone, of the last number, of a number that is
// never used, without a checksum; and one of a router that is not. Each is contradicted or refused.
TEST_P(OspfDamage, LiesInRightLsasAreContradicted) {
  make_full();
  const Database truth = ours();
  ASSERT_EQ(truth.size(), 3u);
  const uint64_t before = changes();
  const auto lie = [&](const std::function<void(ospf::Lsa&)>& tell, bool summed = true) {
    for (ospf::Lsa lsa : lsas()) {
      lsa.header.age_s = 1;
      tell(lsa);
      Bytes bytes = *ospf::write_lsa(lsa);
      if (!summed) bytes[16] = bytes[17] = 0;
      flood(bytes, lsa.header.age_s);
    }
    run(seconds(20));
    EXPECT_EQ(changes(), before);
    EXPECT_EQ(ours(), truth);
    EXPECT_EQ(theirs(), truth);
  };
  lie([](ospf::Lsa& lsa) { lsa.header.age_s = ospf::kMaxAgeS; });
  lie([](ospf::Lsa& lsa) { lsa.header.sequence = ospf::kLastSequence; });
  const auto empty = [](ospf::Lsa& lsa) {
    if (auto* router = std::get_if<ospf::RouterLsa>(&lsa.body)) router->links.clear();
    lsa.header.sequence.value += 100;
  };
  lie(empty);
  uint64_t refusals = refused(ospf::Refusal::kBadLsaChecksum);
  lie(empty, false);
  EXPECT_EQ(refused(ospf::Refusal::kBadLsaChecksum), refusals + truth.size());
  refusals = refused(ospf::Refusal::kReservedSequence);
  lie([](ospf::Lsa& lsa) { lsa.header.sequence = ospf::kReservedSequence; });
  EXPECT_EQ(refused(ospf::Refusal::kReservedSequence), refusals + truth.size());

  const ospf::RouterId nobody{0x06060606};
  const ospf::LsaKey key{ospf::LsaType::kRouter, ospf::LinkStateId{nobody.value}, nobody};
  flood(*ospf::write_lsa({.header = {.key = key}, .body = ospf::RouterLsa{}}), 1);
  run(seconds(8));
  EXPECT_EQ(changes(), before);
  EXPECT_EQ(ours().size(), truth.size() + 1);
  EXPECT_EQ(theirs(), truth);
}

// With a key nobody else is heard at all, nor what was said before.
TEST_P(OspfDamage, AKeyKeepsAllOfItOut) {
  make_full("geheim");
  const uint64_t before = changes(), nothing = came_to_nothing();
  for (const PacketType type : kTypes) {
    const test::OspfDamage damage = test::damage_of(sample(type));
    attack(damage.refused);
    attack(damage.let_through);
  }
  EXPECT_GT(refused(ospf::Refusal::kWrongDigest), 1'000u);
  const uint64_t replayed = refused(ospf::Refusal::kReplayed);
  const auto old = said_;
  run(seconds(3));
  uint64_t count = 0;
  for (const auto& [type, frames] : old) {
    attack(frames);
    count += frames.size();
  }
  EXPECT_EQ(refused(ospf::Refusal::kReplayed) - replayed, count);
  run(seconds(5));
  EXPECT_EQ(came_to_nothing() - nothing, attacks_);
  EXPECT_EQ(changes(), before);
  EXPECT_TRUE(are_full());
  EXPECT_EQ(ours().size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Sim, OspfDamage, testing::Bool(),
                         [](const auto& one) { return one.param ? "Traced" : "Unwatched"; });

}  // namespace
}  // namespace spanway::daemon
