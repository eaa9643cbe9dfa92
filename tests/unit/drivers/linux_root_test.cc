// SPDX-License-Identifier: BSD-3-Clause
// Devices that Linux shares with us. Needs root; all of it happens in network namespaces that this
// program makes for itself, so nothing of the machine is touched.
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "dataplane/base/local_mac.h"
#include "dataplane/packet/headers.h"
#include "drivers/dpdk/eal.h"
#include "drivers/factory.h"
#include "tests/support/eal.h"

// libxdp forgets a little of its own with each socket that DPDK closes.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:xsk_umem__create"; }

namespace spanway::drivers {
namespace {

bool run(const std::string& command) { return std::system((command + " >&2").c_str()) == 0; }

bool within(std::chrono::milliseconds time, const std::function<bool()>& happens) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!happens()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}
constexpr std::chrono::milliseconds kPatience{3000};

class LinuxTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (geteuid() != 0) return;
    // Before EAL and its threads exist, so that they live in the new namespace too.
    apart_ = unshare(CLONE_NEWNET) == 0;
    if (apart_) test::buffers();
  }
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make interfaces and namespaces";
    if (!apart_) GTEST_SKIP() << "may not make a network namespace here";
    ASSERT_TRUE(start_eal({}));
    peer_ = "spanway-" + std::to_string(getpid());
    ASSERT_TRUE(run("ip netns add " + peer_));
  }
  void TearDown() override {
    port_.reset();
    if (if_nametoindex("spwa") != 0) run("ip link del spwa");
    if (!peer_.empty()) run("ip netns del " + peer_);
    if (apart_) {
      EXPECT_EQ(test::buffers_in_use(), 0u);
    }
  }
  void open(const std::string& device, const PortOptions& options = {}) {
    auto port = open_port("p", device, options, test::buffers(), nullptr);
    ASSERT_TRUE(port) << port.error().message << "; " << port.error().fix;
    port_ = std::move(*port);
    const Status started = port_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  // Puts the far end at work: 10.9.9.1 there, and 10.9.9.2 is us.
  void address_peer(const std::string& interface) {
    const std::string in_peer = "ip -n " + peer_ + " ";
    ASSERT_TRUE(run(in_peer + "addr add 10.9.9.1/24 dev " + interface));
    ASSERT_TRUE(run(in_peer + "link set " + interface + " up"));
    ASSERT_TRUE(run(in_peer + "neigh add 10.9.9.2 lladdr 02:00:00:00:00:02 dev " + interface));
  }
  // Drops what comes in until it is an echo request from the far end.
  bool sees_ping(uint32_t bytes = 0) {
    const std::string ping = "ip netns exec " + peer_ + " ping -c1 -W1 " +
                             (bytes != 0 ? "-Mdo -s" + std::to_string(bytes) + " " : "") +
                             "10.9.9.2 >/dev/null &";
    EXPECT_TRUE(run(ping));
    return within(kPatience, [&] {
      return next([&](const uint8_t* d, uint32_t size) {
        Ip4Header ip;
        std::memcpy(&ip, d + sizeof(EtherHeader), sizeof(ip));
        return size == 42 + (bytes != 0 ? bytes : 56) && d[12] == 8 && d[13] == 0 &&
               ip.protocol == ip_proto::kIcmp && ip.source.addr() == Ip4Addr(10, 9, 9, 1);
      });
    });
  }
  // Asks by ARP for 10.9.9.1 and waits for Linux to answer.
  bool gets_arp_reply() {
    Packet* p = test::buffers().allocate();
    EtherHeader ethernet{EtherAddr::broadcast(), EtherAddr{{2, 0, 0, 0, 0, 2}},
                         Be16(ether_type::kArp)};
    ArpPacket arp{};
    arp.hardware = Be16(1);
    arp.protocol = Be16(ether_type::kIp4);
    arp.hardware_bytes = 6;
    arp.protocol_bytes = 4;
    arp.operation = Be16(1);
    arp.sender_mac = ethernet.source;
    arp.sender_ip = Ip4Wire::of(Ip4Addr(10, 9, 9, 2));
    arp.target_ip = Ip4Wire::of(Ip4Addr(10, 9, 9, 1));
    std::memcpy(append(p, sizeof(ethernet)), &ethernet, sizeof(ethernet));
    std::memcpy(append(p, sizeof(arp)), &arp, sizeof(arp));
    std::memset(append(p, 18), 0, 18);
    if (port_->tx_burst(QueueId{0}, &p, 1, Nanos(0)) != 1) {
      release(p);
      return false;
    }
    return within(kPatience, [&] {
      // af_packet sends what is queued at the next burst, too.
      return next([](const uint8_t* d, uint32_t size) {
        return size >= 42 && d[12] == 8 && d[13] == 6 && d[21] == 2;
      });
    });
  }
  bool next(const std::function<bool(const uint8_t*, uint32_t)>& wanted) {
    bool found = false;
    for (uint16_t q = 0; q < port_->info().rx_queues; ++q) {
      Packet* p[32];
      const uint16_t n = port_->rx_burst(QueueId{q}, p, 32, Nanos(0));
      for (uint16_t i = 0; i < n; ++i) {
        EXPECT_EQ(p[i]->pool, test::buffers().pool());
        found = found || wanted(data(p[i]), length(p[i]));
      }
      release_burst(p, n);
    }
    return found;
  }
  void make_veth() {
    ASSERT_TRUE(run("ip link add spwa type veth peer name spwb netns " + peer_));
    ASSERT_TRUE(run("ip link set spwa up"));
  }

  static bool apart_;
  std::string peer_;
  std::unique_ptr<Port> port_;
};
bool LinuxTest::apart_ = false;

TEST_F(LinuxTest, TapCarriesFramesBothWays) {
  ASSERT_NO_FATAL_FAILURE(open("tap:spwt"));
  EXPECT_EQ(port_->info().driver, "net_tap");
  EXPECT_EQ(port_->info().mac, local_mac("tap:spwt/engine"));
  EXPECT_FALSE(run("ip link show spwt | grep -q " + port_->info().mac.to_string()))
      << "Linux's end would take our frames for its own";
  EXPECT_TRUE(port_->link().up);
  ASSERT_TRUE(run("ip link set spwt netns " + peer_));
  address_peer("spwt");
  EXPECT_TRUE(sees_ping());
  EXPECT_TRUE(gets_arp_reply());
  EXPECT_GT(port_->stats().rx_packets, 0u);
  EXPECT_EQ(port_->stats().tx_packets, 1u);
}

TEST_F(LinuxTest, TapLinkFollowsLinuxEvenInAnotherNamespace) {
  ASSERT_NO_FATAL_FAILURE(open("tap:spwt"));
  EXPECT_TRUE(port_->link().up);
  ASSERT_TRUE(run("ip link set spwt down"));
  EXPECT_TRUE(within(kPatience, [&] { return !port_->link().up; }));
  ASSERT_TRUE(run("ip link set spwt up"));
  EXPECT_TRUE(within(kPatience, [&] { return port_->link().up; }));
  ASSERT_TRUE(run("ip link set spwt netns " + peer_));
  EXPECT_TRUE(within(kPatience, [&] { return !port_->link().up; }));  // a move takes it down
  ASSERT_TRUE(run("ip -n " + peer_ + " link set spwt up"));
  EXPECT_TRUE(within(kPatience, [&] { return port_->link().up; }));
  ASSERT_TRUE(run("ip -n " + peer_ + " link set spwt down"));
  EXPECT_TRUE(within(kPatience, [&] { return !port_->link().up; }));
}

TEST_F(LinuxTest, TapComesAndGoesAndTakesANameThatIsTakenForAnError) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_NO_FATAL_FAILURE(open("tap:spwt", {.rx_queues = 2, .tx_queues = 2}));
    EXPECT_NE(if_nametoindex("spwt"), 0u);
    port_->stop();
    port_.reset();
    EXPECT_EQ(if_nametoindex("spwt"), 0u);
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }
  ASSERT_NO_FATAL_FAILURE(make_veth());
  const auto port = open_port("p", "tap:spwa", {}, test::buffers(), nullptr);
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().code, ErrorCode::kExists);
}

TEST_F(LinuxTest, TapMtuReachesLinux) {
  ASSERT_NO_FATAL_FAILURE(open("tap:spwt", {.mtu = 1400}));
  EXPECT_TRUE(run("ip link show spwt | grep -q 'mtu 1400'"));
  EXPECT_TRUE(port_->set_mtu(1300));
  EXPECT_TRUE(run("ip link show spwt | grep -q 'mtu 1300'"));
  EXPECT_FALSE(port_->set_mtu(1600));  // more than net_tap carries
  EXPECT_TRUE(port_->join_group(EtherAddr{{1, 0, 0x5e, 0, 0, 5}}));
}

TEST_F(LinuxTest, VethCarriesFramesBothWaysAndItsLinkIsThePeers) {
  ASSERT_NO_FATAL_FAILURE(make_veth());
  ASSERT_NO_FATAL_FAILURE(open("veth:spwa"));
  EXPECT_EQ(port_->info().driver, "net_af_packet");
  EXPECT_FALSE(port_->link().up);  // the driver itself would say up
  address_peer("spwb");
  EXPECT_TRUE(within(kPatience, [&] { return port_->link().up; }));
  EXPECT_TRUE(sees_ping());
  EXPECT_TRUE(gets_arp_reply());
  EXPECT_TRUE(port_->join_group(EtherAddr{{1, 0, 0x5e, 0, 0, 5}}));
  EXPECT_TRUE(port_->set_promiscuous(true));
  ASSERT_TRUE(run("ip -n " + peer_ + " link set spwb down"));
  EXPECT_TRUE(within(kPatience, [&] { return !port_->link().up; }));
}

TEST_F(LinuxTest, VethCarriesTheWholeMtu) {
  ASSERT_NO_FATAL_FAILURE(make_veth());
  ASSERT_NO_FATAL_FAILURE(open("veth:spwa", {.mtu = 1960}));
  ASSERT_TRUE(run("ip -n " + peer_ + " link set spwb mtu 1960"));
  address_peer("spwb");
  EXPECT_TRUE(sees_ping(1960 - 28));
}

TEST_F(LinuxTest, VethWithTwoQueues) {
  ASSERT_NO_FATAL_FAILURE(make_veth());
  ASSERT_NO_FATAL_FAILURE(open("veth:spwa", {.rx_queues = 2, .tx_queues = 2}));
  EXPECT_EQ(port_->info().rx_queues, 2);
  EXPECT_TRUE(port_->info().offloads.rss);
  address_peer("spwb");
  EXPECT_TRUE(sees_ping());
}

TEST_F(LinuxTest, XdpCarriesFramesBothWays) {
  ASSERT_NO_FATAL_FAILURE(make_veth());
  auto port = open_port("p", "xdp:spwa", {}, test::buffers(), nullptr);
  if (!port) GTEST_SKIP() << port.error().message;
  port_ = std::move(*port);
  ASSERT_TRUE(port_->start());
  address_peer("spwb");
  EXPECT_TRUE(within(kPatience, [&] { return port_->link().up; }));
  EXPECT_TRUE(sees_ping());
  EXPECT_TRUE(gets_arp_reply());
}

}  // namespace
}  // namespace spanway::drivers
