// SPDX-License-Identifier: BSD-3-Clause
// Whole engines that speak OSPF over simulated wires, in virtual time: r1 - r2 - r3.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "control/config/validate.h"
#include "control/daemon/engine.h"
#include "control/daemon/metrics.h"
#include "drivers/sim/network.h"
#include "tests/support/eal.h"
#include "tests/support/exposition.h"

namespace spanway::daemon {
namespace {

IpAddr ip(const char* text) { return *IpAddr::parse(text); }

class OspfLine : public testing::Test {
 protected:
  static constexpr size_t kRouters = 3;

  void SetUp() override {
    ASSERT_TRUE(network_.add("w12"));
    ASSERT_TRUE(network_.add("w23"));
    for (size_t i = 0; i < kRouters; ++i) {
      EngineOptions options;
      options.name = "r" + std::to_string(i + 1);
      options.buffers = test::buffers();
      options.network = &network_;
      options.seed = 100 + i;
      options.unix_offset_ns = seconds(1'700'000'000).ns();
      routers_[i] = std::make_unique<Engine>(options);
    }
  }
  void TearDown() override {
    for (auto& router : routers_) router.reset();
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }

  // The ports and OSPF on them; `more` stands behind, and may begin with keys of [[ospf.port]].
  static std::string text(size_t router, const std::string& type, const std::string& more = {}) {
    std::string out;
    const auto add = [&](const char* port, const char* device, const char* address) {
      out += std::string("[[port]]\nname = \"") + port + "\"\ndevice = \"sim:" + device +
             "\"\naddresses = [\"" + address + "\"]\n";
    };
    if (router == 1) add("p0", "w12.a", "10.0.12.1/24");
    if (router == 2) add("p0", "w12.b", "10.0.12.2/24");
    if (router == 2) add("p1", "w23.a", "10.0.23.2/24");
    if (router == 3) add("p0", "w23.b", "10.0.23.3/24");
    out += "[ospf]\nrouter_id = \"" + std::to_string(router) + ".0.0.0\"\n";
    for (const char* port : {"p0", "p1"})
      if (router == 2 || std::string(port) == "p0")
        out += std::string("[[ospf.port]]\nname = \"") + port + "\"\ntype = \"" + type +
               "\"\nhello_interval_s = 1\n";
    return out + more;
  }
  void apply(size_t router, const std::string& text) {
    auto config = config::load_text(text, "test");
    ASSERT_TRUE(config) << config.error().message;
    const auto done = engine(router).store().apply(*config, now_);
    ASSERT_TRUE(done) << done.error().message;
  }
  void apply_all(const std::string& type, const std::string& more = {}) {
    for (size_t router = 1; router <= kRouters; ++router) apply(router, text(router, type, more));
  }
  Engine& engine(size_t router) { return *routers_[router - 1]; }

  void round() {
    for (auto& router : routers_) {
      router->turn(WorkerId{0}, now_);
      router->step(now_);
    }
    now_ += millis(1);
  }
  void run(Nanos span) {
    for (const Nanos end = now_ + span; now_ < end;) round();
  }
  // How long it took; `most` when it did not come true.
  template <class Truth>
  Nanos run_until(Nanos most, Truth truth) {
    const Nanos start = now_;
    while (now_ < start + most && !truth()) round();
    return now_ - start;
  }
  bool full(size_t router, size_t neighbours) {
    const ospf::Instance* instance = engine(router).ospf().instance();
    if (instance == nullptr) return neighbours == 0;
    const auto all = instance->neighbours(now_);
    return neighbours == static_cast<size_t>(std::ranges::count(all, ospf::NeighbourState::kFull,
                                                                &ospf::NeighbourView::state));
  }
  bool all_full() { return full(1, 1) && full(2, 2) && full(3, 1); }
  // The gateway of the best route of exactly this prefix, if OSPF brought it.
  std::string gateway(size_t router, const char* prefix) {
    for (const rib::Row& row : engine(router).rib().candidates(*Prefix::parse(prefix)))
      if (row.best && row.source.origin == rib::Origin::kOspf)
        return row.target->via.front().gateway.to_string();
    return "";
  }
  uint32_t metric(size_t router, const char* prefix) {
    for (const rib::Row& row : engine(router).rib().candidates(*Prefix::parse(prefix)))
      if (row.source.origin == rib::Origin::kOspf) return row.source.metric;
    return 0;
  }
  uint64_t pings_answered(size_t router, const char* target) {
    ping::PingOptions options;
    options.address = ip(target);
    options.count = 3;
    options.interval = millis(10);
    const auto number = engine(router).pings().start_ping(options, now_);
    EXPECT_TRUE(number);
    if (!number) return 0;
    run(millis(100));
    return engine(router).pings().poll_ping(*number, now_)->statistics().received;
  }
  bool has_event(size_t router, const std::string& kind) {
    const auto& log = engine(router).events().log();
    return std::ranges::find(log, kind, &Event::kind) != log.end();
  }

  sim::Network network_;
  std::array<std::unique_ptr<Engine>, kRouters> routers_;
  Nanos now_{};
};

TEST_F(OspfLine, FindsTheFarRouterAndReachesIt) {
  for (const char* type : {"point-to-point", "broadcast"}) {
    SCOPED_TRACE(type);
    apply_all(type);
    run_until(seconds(60), [&] {
      return all_full() && gateway(1, "10.0.23.0/24") != "" && gateway(3, "10.0.12.0/24") != "";
    });
    EXPECT_TRUE(all_full());
    EXPECT_EQ(gateway(1, "10.0.23.0/24"), "10.0.12.2");
    EXPECT_EQ(gateway(3, "10.0.12.0/24"), "10.0.23.2");
    EXPECT_EQ(metric(1, "10.0.23.0/24"), 20u);
    EXPECT_EQ(pings_answered(1, "10.0.23.3"), 3u);
    // Our own subnets stay what they are.
    EXPECT_EQ(gateway(2, "10.0.23.0/24"), "");
  }
}

TEST_F(OspfLine, MonitoringSeesIt) {
  apply_all("point-to-point");
  run_until(seconds(30), [&] { return all_full(); });
  Metrics metrics(engine(2));
  const auto check = test::check_exposition(metrics.text(now_));
  EXPECT_EQ(check.fault, "");
  EXPECT_EQ(check.values.at("spanway_ospf_neighbours{state=\"Full\"}"), 2);
  EXPECT_EQ(check.values.at("spanway_ospf_neighbours{state=\"Init\"}"), 0);
  EXPECT_GT(check.values.at("spanway_ospf_sent_packets_total{outcome=\"sent\"}"), 0);
  EXPECT_EQ(check.values.at("spanway_ospf_sent_packets_total{outcome=\"lost\"}"), 0);
}

TEST_F(OspfLine, LostCarrierIsNewsAtOnce) {
  apply_all("point-to-point");
  run_until(seconds(30), [&] { return gateway(1, "10.0.23.0/24") != ""; });
  run(seconds(15));  // quiet again: the first calculation waits for nothing (RFC 8405)
  ASSERT_TRUE(network_.cut("w23"));
  const Nanos gone = run_until(seconds(10), [&] { return gateway(1, "10.0.23.0/24").empty(); });
  EXPECT_LE(gone, millis(20));
  EXPECT_TRUE(full(2, 1));
  ASSERT_TRUE(network_.mend("w23"));
  const Nanos back = run_until(seconds(30), [&] { return gateway(1, "10.0.23.0/24") != ""; });
  EXPECT_EQ(gateway(1, "10.0.23.0/24"), "10.0.12.2");
  // Two instances of an LSA keep 1.05 s, the calculation behind the third change 0.2 s.
  EXPECT_LE(back, millis(1'300));
}

// Nobody need be asked whether our address is free where there is only one other, and who sees the
// carrier first does not talk to the deaf.
TEST_F(OspfLine, AMendedCableIsFullInAMoment) {
  apply_all("point-to-point");
  run_until(seconds(30), [&] { return all_full(); });
  run(seconds(2));
  ASSERT_TRUE(network_.cut("w12"));
  run(seconds(2));
  ASSERT_TRUE(full(1, 0) && full(2, 1));
  ASSERT_TRUE(network_.mend("w12"));
  for (int i = 0; i < 3; ++i, now_ += millis(1)) {
    engine(1).turn(WorkerId{0}, now_);
    engine(1).step(now_);
  }
  engine(2).turn(WorkerId{0}, now_);
  engine(2).step(now_);
  EXPECT_EQ(engine(2).ospf().instance()->neighbours(now_).size(), 2u) << "the Hello was lost";
  EXPECT_LE(run_until(seconds(5), [&] { return all_full(); }), millis(60));
}

TEST_F(OspfLine, StaticRoutesTravelAndAreWithdrawn) {
  apply_all("point-to-point");
  const std::string announces =
      "[[ospf.redistribute]]\norigin = \"static\"\nmetric = 7\ntype = 1\n";
  const std::string route = "[[route]]\nprefix = \"10.9.0.0/16\"\nkind = \"blackhole\"\n";
  apply(3, text(3, "point-to-point", announces + route));
  run_until(seconds(30), [&] { return gateway(1, "10.9.0.0/16") != ""; });
  EXPECT_EQ(gateway(1, "10.9.0.0/16"), "10.0.12.2");
  EXPECT_EQ(metric(1, "10.9.0.0/16"), 27u);
  EXPECT_EQ(engine(3).ospf().announced(), 1u);
  // What OSPF brought is not announced back as if it were ours.
  EXPECT_EQ(engine(1).ospf().announced(), 0u);
  apply(3, text(3, "point-to-point", announces));
  EXPECT_EQ(engine(3).ospf().announced(), 0u);
  run_until(seconds(30), [&] { return gateway(1, "10.9.0.0/16").empty(); });
  EXPECT_EQ(gateway(1, "10.9.0.0/16"), "");
}

TEST_F(OspfLine, TheDefaultRouteGoesOutWhileThereIsOne) {
  apply_all("point-to-point");
  const std::string if_present = "[[ospf.stub]]\nprefix = \"10.254.0.3/32\"\n";
  std::string with = text(3, "point-to-point", if_present);
  with.replace(with.find("[ospf]\n"), 7, "[ospf]\ndefault_originate = \"if-present\"\n");
  apply(3, with);
  run_until(seconds(30), [&] { return gateway(1, "10.254.0.3/32") != ""; });
  EXPECT_EQ(gateway(1, "10.254.0.3/32"), "10.0.12.2");
  run(seconds(1));
  EXPECT_EQ(gateway(1, "0.0.0.0/0"), "");
  apply(3, with + "[[route]]\nprefix = \"0.0.0.0/0\"\nkind = \"reject\"\n");
  run_until(seconds(10), [&] { return gateway(1, "0.0.0.0/0") != ""; });
  EXPECT_EQ(gateway(1, "0.0.0.0/0"), "10.0.12.2");
  apply(3, with);
  run_until(seconds(10), [&] { return gateway(1, "0.0.0.0/0").empty(); });
  EXPECT_EQ(gateway(1, "0.0.0.0/0"), "");
}

TEST_F(OspfLine, KeysMustAgree) {
  const auto key = [](const char* port, const char* secret) {
    return std::string("[[ospf.key]]\nport = \"") + port + "\"\nsecret = \"" + secret + "\"\n";
  };
  apply(1, text(1, "point-to-point", key("p0", "right")));
  apply(2, text(2, "point-to-point", key("p0", "wrong")));
  run(seconds(15));
  EXPECT_TRUE(full(1, 0));
  EXPECT_TRUE(full(2, 0));
  apply(2, text(2, "point-to-point", key("p0", "right")));
  run_until(seconds(15), [&] { return full(1, 1) && full(2, 1); });
  EXPECT_TRUE(full(1, 1));
}

// The new key's times begin at 10 s of engine time, the old one's end there.
TEST_F(OspfLine, KeysTakeOverFromEachOtherWithoutAPause) {
  const auto moment = [](int64_t engine_s) { return config::time_text(1'700'000'000 + engine_s); };
  const std::string keys =
      "[[ospf.key]]\nport = \"p0\"\nid = 1\nsecret = \"old\"\n"
      "accept_until = " +
      moment(31) + "\ngenerate_until = " + moment(30) +
      "\n[[ospf.key]]\nport = \"p0\"\nid = 2\nsecret = \"new\"\n"
      "accept_from = " +
      moment(29) + "\ngenerate_from = " + moment(30) + "\n";
  apply(1, text(1, "point-to-point", keys));
  apply(2, text(2, "point-to-point", keys));
  run_until(seconds(20), [&] { return full(1, 1) && full(2, 1); });
  ASSERT_TRUE(full(1, 1) && full(2, 1));
  while (now_ < seconds(45)) {
    round();
    ASSERT_TRUE(full(1, 1) && full(2, 1)) << now_.seconds();
  }
}

TEST_F(OspfLine, LSAsBeyondTheMtuTravelInFragments) {
  std::string stubs;
  for (int i = 0; i < 200; ++i)
    stubs += "[[ospf.stub]]\nprefix = \"10.254.0." + std::to_string(i) + "/32\"\n";
  apply_all("broadcast");
  apply(3, text(3, "broadcast", stubs));
  run_until(seconds(40), [&] { return gateway(1, "10.254.0.199/32") != ""; });
  EXPECT_EQ(gateway(1, "10.254.0.199/32"), "10.0.12.2");
  EXPECT_GT(engine(2).local_host().datagrams().delivered, 0u);
}

TEST_F(OspfLine, ManyStaticRoutesTravelWithoutLoss) {
  constexpr uint32_t kMany = 5'000;
  apply_all("point-to-point", "");
  apply(3, text(3, "point-to-point", "[[ospf.redistribute]]\norigin = \"static\"\n"));
  run_until(seconds(30), [&] { return all_full(); });
  std::vector<config::Change> changes;
  for (uint32_t i = 0; i < kMany; ++i) {
    config::Route route;
    route.prefix = Prefix4(Ip4Addr(0x14000000 + (i << 8)), 24);
    route.kind = config::RouteKind::kBlackhole;
    changes.emplace_back(config::RouteAdded{route});
  }
  ASSERT_TRUE(engine(3).store().amend(changes));
  const auto brought = [&] {
    size_t total = 0;
    (void)engine(1).rib().list({Family::kIp4, rib::Origin::kOspf}, 0, 0, &total);
    return total;
  };
  const Nanos took = run_until(seconds(60), [&] { return brought() > kMany; });
  EXPECT_EQ(brought(), kMany + 1);
  std::printf("%u routes over two hops in %.3f s of virtual time\n", kMany, took.seconds());
  EXPECT_EQ(engine(3).ospf().sender().lost(), 0u);
  for (config::Change& change : changes) change = config::inverse(change);
  ASSERT_TRUE(engine(3).store().amend(changes));
  run_until(seconds(60), [&] { return brought() == 1; });
  EXPECT_EQ(brought(), 1u);
}

TEST_F(OspfLine, EndsWithoutATrace) {
  apply_all("point-to-point");
  run_until(seconds(30), [&] { return gateway(1, "10.0.23.0/24") != ""; });
  run(seconds(2));
  std::string without = text(2, "point-to-point");
  without.resize(without.find("[ospf]"));
  apply(2, without);
  EXPECT_EQ(engine(2).ospf().instance(), nullptr);
  EXPECT_TRUE(has_event(2, "ospf.stopped"));
  // It has taken leave: the others need not wait for their dead interval of 4 s.
  const Nanos heard = run_until(seconds(3), [&] { return gateway(1, "10.0.23.0/24").empty(); });
  EXPECT_LT(heard, seconds(3));
  std::string alone = text(1, "point-to-point");
  alone.resize(alone.find("[ospf]"));
  apply(1, alone);
  EXPECT_TRUE(engine(1).rib().list({Family::kIp4, rib::Origin::kOspf}, 0, 10).empty());
}

TEST_F(OspfLine, APortThatIsOpenedAnewBeginsAgain) {
  apply_all("point-to-point");
  run_until(seconds(30), [&] { return all_full() && gateway(1, "10.0.23.0/24") != ""; });
  std::string other_mac = text(1, "point-to-point");
  other_mac.replace(other_mac.find("addresses"), 0, "mac = \"02:00:00:00:77:01\"\n");
  // A simulated wire has one plug: the old device has to be out of it first.
  apply(1, "");
  run(millis(10));
  apply(1, other_mac);
  EXPECT_EQ(gateway(1, "10.0.23.0/24"), "");
  // The way back is the far router's to calculate, in its own time.
  run_until(seconds(60), [&] {
    return all_full() && gateway(1, "10.0.23.0/24") != "" && gateway(3, "10.0.12.0/24") != "";
  });
  EXPECT_EQ(gateway(1, "10.0.23.0/24"), "10.0.12.2");
  EXPECT_EQ(pings_answered(1, "10.0.23.3"), 3u);
}

// Its index may be another interface's a moment later, before OSPF has calculated anew.
TEST_F(OspfLine, AnInterfaceThatGoesTakesItsRoutesAlong) {
  apply_all("point-to-point");
  apply(3, text(3, "point-to-point", "[[ospf.stub]]\nprefix = \"10.254.0.3/32\"\n"));
  run_until(seconds(30), [&] { return gateway(2, "10.254.0.3/32") != ""; });
  ASSERT_EQ(gateway(2, "10.254.0.3/32"), "10.0.23.3");
  std::string one_port = text(2, "point-to-point");
  const size_t second = one_port.find("[[port]]\nname = \"p1\"");
  one_port.erase(second, one_port.find("[ospf]") - second);
  one_port.erase(one_port.find("[[ospf.port]]\nname = \"p1\""));
  apply(2, one_port);
  EXPECT_TRUE(engine(2).rib().candidates(*Prefix::parse("10.254.0.3/32")).empty());
  EXPECT_FALSE(engine(2).ospf().runs_on(IfIndex{1}));
}

TEST_F(OspfLine, AnotherPreferenceMovesTheRoutes) {
  apply_all("point-to-point");
  run_until(seconds(30), [&] { return gateway(1, "10.0.23.0/24") != ""; });
  std::string text1 = text(1, "point-to-point");
  text1.replace(text1.find("[ospf]\n"), 7, "[ospf]\npreference = 50\n");
  apply(1, text1);
  const auto rows = engine(1).rib().candidates(*Prefix::parse("10.0.23.0/24"));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].source.preference, 50);
  EXPECT_TRUE(rows[0].best);
}

}  // namespace
}  // namespace spanway::daemon
