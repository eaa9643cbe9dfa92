// SPDX-License-Identifier: BSD-3-Clause
// Devices of DPDK that need neither root nor a card, through the factory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "drivers/dpdk/buffer_pool.h"
#include "drivers/dpdk/eal.h"
#include "drivers/factory.h"
#include "tests/support/eal.h"

namespace spanway::drivers {
namespace {

namespace fs = std::filesystem;

Packet* frame(uint16_t bytes, uint8_t fill) {
  Packet* p = test::buffers().allocate();
  std::memset(append(p, bytes), fill, bytes);
  return p;
}

class EthdevTest : public testing::Test {
 protected:
  void SetUp() override {
    test::buffers();
    ASSERT_TRUE(start_eal({}));  // the test's own EAL runs already: that is no error
    dir_ = fs::temp_directory_path() / ("spanway-ethdev-" + std::to_string(getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override {
    fs::remove_all(dir_);
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }
  static std::unique_ptr<Port> open(const std::string& device, const PortOptions& options = {}) {
    auto port = open_port("p", device, options, test::buffers(), nullptr);
    if (!port) {
      ADD_FAILURE() << port.error().message << "; " << port.error().fix;
      return nullptr;
    }
    const Status started = (*port)->start();
    EXPECT_TRUE(started) << started.error().message;
    return std::move(*port);
  }
  static std::vector<std::vector<uint8_t>> fetch(Port& port, uint16_t queue = 0) {
    std::vector<std::vector<uint8_t>> frames;
    Packet* p[32];
    const uint16_t n = port.rx_burst(QueueId{queue}, p, 32, Nanos(0));
    for (uint16_t i = 0; i < n; ++i) frames.emplace_back(data(p[i]), data(p[i]) + length(p[i]));
    release_burst(p, n);
    return frames;
  }

  fs::path dir_;
};

template <class T>
void put(std::ofstream& out, T value) {
  out.write(reinterpret_cast<const char*>(&value), sizeof(value));
}

// A capture file of frames of these sizes, the n-th filled with n.
void write_pcap(const fs::path& path, const std::vector<uint32_t>& sizes) {
  std::ofstream out(path, std::ios::binary);
  put<uint32_t>(out, 0xa1b2c3d4);
  put<uint16_t>(out, 2);
  put<uint16_t>(out, 4);
  put<uint64_t>(out, 0);
  put<uint32_t>(out, 262144);
  put<uint32_t>(out, 1);  // Ethernet
  for (size_t i = 0; i < sizes.size(); ++i) {
    put<uint64_t>(out, 0);
    put<uint32_t>(out, sizes[i]);
    put<uint32_t>(out, sizes[i]);
    out << std::string(sizes[i], static_cast<char>(i));
  }
}

TEST_F(EthdevTest, NullSwallowsAndInvents) {
  auto quiet = open("null:");
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet->info().driver, "net_null");
  EXPECT_TRUE(quiet->link().up);
  EXPECT_TRUE(fetch(*quiet).empty());
  Packet* p[2] = {frame(60, 1), frame(60, 2)};
  EXPECT_EQ(quiet->tx_burst(QueueId{0}, p, 2, Nanos(0)), 2);
  EXPECT_EQ(quiet->stats().tx_packets, 2u);
  quiet->stop();
  EXPECT_FALSE(quiet->link().up);

  auto source = open("null:rx", {.rx_queues = 2, .tx_queues = 2});
  ASSERT_TRUE(source);
  const auto frames = fetch(*source, 1);
  ASSERT_EQ(frames.size(), 32u);
  EXPECT_EQ(frames[0].size(), 60u);
}

TEST_F(EthdevTest, RingLoopsBackAndStopFreesWhatIsInIt) {
  auto one = open("ring:r0");
  auto two = open("ring:r1");
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->info().mac, two->info().mac);
  EXPECT_FALSE(one->info().mac.is_group());
  Packet* p = frame(60, 7);
  ASSERT_EQ(one->tx_burst(QueueId{0}, &p, 1, Nanos(0)), 1);
  EXPECT_TRUE(fetch(*two).empty());
  EXPECT_EQ(fetch(*one), (std::vector<std::vector<uint8_t>>{std::vector<uint8_t>(60, 7)}));

  p = frame(60, 8);
  ASSERT_EQ(two->tx_burst(QueueId{0}, &p, 1, Nanos(0)), 1);
  two->stop();
  EXPECT_EQ(test::buffers_in_use(), 0u);
}

TEST_F(EthdevTest, PcapReadsAndWritesFiles) {
  const fs::path in = dir_ / "in.pcap", out = dir_ / "out.pcap";
  write_pcap(in, {60, 1514, 64});
  auto port = open("pcap:" + in.string() + ",tx=" + out.string());
  ASSERT_TRUE(port);
  EXPECT_FALSE(port->info().mac.is_zero());
  Packet* p[32];
  const uint16_t n = port->rx_burst(QueueId{0}, p, 32, Nanos(0));
  ASSERT_EQ(n, 3);
  EXPECT_EQ(length(p[1]), 1514u);
  EXPECT_EQ(data(p[1])[1513], 1);
  EXPECT_EQ(port->tx_burst(QueueId{0}, p, 3, Nanos(0)), 3);
  EXPECT_TRUE(fetch(*port).empty());
  port->stop();
  port.reset();
  EXPECT_EQ(fs::file_size(out), fs::file_size(in));

  auto again = open("pcap:" + out.string());
  ASSERT_TRUE(again);
  const auto frames = fetch(*again);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2], std::vector<uint8_t>(64, 2));
}

TEST_F(EthdevTest, PcapRepeatsForEver) {
  const fs::path in = dir_ / "in.pcap";
  write_pcap(in, {60, 60});
  auto port = open("pcap:" + in.string() + ",infinite");
  ASSERT_TRUE(port);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(fetch(*port).size(), 32u);
}

TEST_F(EthdevTest, FramesOfSeveralSegmentsAreMadeOneOrCounted) {
  const fs::path in = dir_ / "in.pcap";
  write_pcap(in, {60, 9000, 60});  // the second does not fit one buffer
  auto port = open("pcap:" + in.string());
  ASSERT_TRUE(port);
  const auto frames = fetch(*port);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1], std::vector<uint8_t>(60, 2));
  EXPECT_EQ(port->stats().rx_errors, 1u);
}

TEST_F(EthdevTest, TooLargeMtuIsRefusedWithTheBounds) {
  const auto port = open_port("p", "null:", {.mtu = 9000}, test::buffers(), nullptr);
  ASSERT_FALSE(port);
  EXPECT_NE(port.error().fix.find("to 2026"), std::string::npos) << port.error().fix;
  EXPECT_NE(port.error().fix.find("larger buffers"), std::string::npos);
  auto good = open("null:");
  EXPECT_TRUE(good->set_mtu(2026));
  EXPECT_FALSE(good->set_mtu(2027));
  EXPECT_FALSE(good->set_mtu(67));
}

TEST_F(EthdevTest, PortsComeAndGoWhileOthersRun) {
  auto stays = open("ring:stays");
  ASSERT_TRUE(stays);
  for (int round = 0; round < 3; ++round) {
    auto comes = open("null:rx");
    ASSERT_TRUE(comes);
    EXPECT_EQ(fetch(*comes).size(), 32u);
    Packet* p = frame(60, 9);
    ASSERT_EQ(stays->tx_burst(QueueId{0}, &p, 1, Nanos(0)), 1);
    EXPECT_EQ(fetch(*stays).size(), 1u);
  }
}

TEST_F(EthdevTest, GroupsAndPromiscuousAreToleratedWhereThereIsNoFilter) {
  auto port = open("ring:g", {.promiscuous = true});
  ASSERT_TRUE(port);
  EXPECT_TRUE(port->join_group(EtherAddr{{1, 0, 0x5e, 0, 0, 5}}));
  EXPECT_TRUE(port->join_group(EtherAddr{{0x33, 0x33, 0, 0, 0, 5}}));
  EXPECT_TRUE(port->set_promiscuous(false));
}

TEST_F(EthdevTest, TrustIsTakenOnlyWhereTheLinkIsMemory) {
  EXPECT_EQ(open("ring:t", {.trust_checksums = true})->info().offloads.rx_ip,
            OffloadMode::kTrusted);
  EXPECT_EQ(open("ring:u")->info().offloads.rx_ip, OffloadMode::kSoftware);
  EXPECT_EQ(open("null:", {.trust_checksums = true})->info().offloads.rx_ip,
            OffloadMode::kSoftware);
}

TEST_F(EthdevTest, MemifPairCarriesFramesAndReplacesADeadSocket) {
  const std::string path = dir_ / "m.sock";
  for (int round = 0; round < 2; ++round) {
    auto server = open("memif:" + path + ",server");
    auto client = open("memif:" + path);
    ASSERT_TRUE(server && client);
    EXPECT_NE(server->info().mac, client->info().mac);
    for (int i = 0; i < 400 && !(server->link().up && client->link().up); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(server->link().up && client->link().up);
    Packet* p = frame(1514, 3);
    ASSERT_EQ(client->tx_burst(QueueId{0}, &p, 1, Nanos(0)), 1);
    EXPECT_EQ(fetch(*server), (std::vector<std::vector<uint8_t>>{std::vector<uint8_t>(1514, 3)}));
  }
}

TEST_F(EthdevTest, ErrorsAreOneSentenceWithAFix) {
  for (const char* device :
       {"pcap:/nonexistent/x.pcap", "veth:nosuchif0", "xdp:nosuchif0", "ffff:ff:1f.7",
        "memif:/nonexistent/dir/x.sock,server", "virtio:/nonexistent/x.sock",
        "vhost:/nonexistent/x.sock", "dpdk:no_such_driver0", "sim:w1"}) {
    const auto port = open_port("p", device, {}, test::buffers(), nullptr);
    ASSERT_FALSE(port) << device;
    EXPECT_FALSE(port.error().fix.empty()) << device;
    EXPECT_NE(port.error().message.find(device), std::string::npos) << port.error().message;
    EXPECT_EQ(port.error().message.find('\n'), std::string::npos) << port.error().message;
  }
}

TEST_F(EthdevTest, PoolRefusesWhatMemoryCanNotGive) {
  const auto pool = BufferPool::make("huge", {.buffers = 4'000'000});
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code, ErrorCode::kFull);
  EXPECT_NE(pool.error().fix.find("MiB"), std::string::npos);
}

TEST_F(EthdevTest, PoolGivesAndTakesBackOnRegisteredThreads) {
  auto pool = std::move(*BufferPool::make("small", {.buffers = 1023}));
  EXPECT_EQ(pool->size(), 1023u);
  std::thread([&] {
    const EalThread member;
    EXPECT_TRUE(member.registered());
    Packet* p = pool->source().allocate();
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(pool->in_use(), 1u);
    release(p);
  }).join();
  EXPECT_EQ(pool->in_use(), 0u);
}

}  // namespace
}  // namespace spanway::drivers
