// SPDX-License-Identifier: BSD-3-Clause
// The file byte by byte, then as tshark and capinfos see it, when they are installed.
#include "control/stats/pcapng_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace spanway::stats {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

// A directory of this test's own, gone afterwards.
struct Pcapng : testing::Test {
  fs::path dir;
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "spanway-pcapng-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir = name;
  }
  void TearDown() override { fs::remove_all(dir); }
  [[nodiscard]] std::string path() const { return (dir / "a.pcapng").string(); }
  [[nodiscard]] Bytes read() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::unique_ptr<PcapngWriter> create(
      uint64_t max_bytes = PcapngWriter::kDefaultMaxBytes) const {
    auto writer = PcapngWriter::create(path(), false, max_bytes);
    EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
    return writer ? std::move(writer).value() : nullptr;
  }
};

uint32_t word(const Bytes& bytes, size_t at) {
  uint32_t out = 0;
  if (at + 4 <= bytes.size()) std::memcpy(&out, bytes.data() + at, 4);
  return out;
}

// An ICMP echo request in a frame of 60 bytes, so that tshark has something to say.
Bytes frame() {
  Bytes out = {2,    0, 0, 0,  0, 1, 2,    0,    0,  0, 0,    2,    8,  0,        // Ethernet
               0x45, 0, 0, 28, 0, 0, 0,    0,    64, 1, 0x66, 0xdf, 10, 0, 0, 1,  // IPv4
               10,   0, 0, 2,  8, 0, 0xf7, 0xfd, 0,  1, 0,    1};
  out.resize(60);
  return out;
}

constexpr Nanos kTime{1'700'000'000'123'456'789};

TEST_F(Pcapng, IsMadeOfTheRightBlocks) {
  auto writer = create();
  ASSERT_TRUE(writer->add_interface("p0"));
  ASSERT_TRUE(writer->write(0, true, kTime, 1000, Bytes(5, 0xaa)));
  EXPECT_EQ(writer->bytes(), 44u + 40u + 52u);
  ASSERT_TRUE(writer->close());
  const Bytes file = read();
  ASSERT_EQ(file.size(), 136u);
  // Section header.
  EXPECT_EQ(word(file, 0), 0x0a0d0d0au);
  EXPECT_EQ(word(file, 4), 44u);
  EXPECT_EQ(word(file, 8), 0x1a2b3c4du);
  EXPECT_EQ(word(file, 12), 1u);
  EXPECT_EQ(word(file, 16), 0xffffffffu);
  EXPECT_EQ(word(file, 40), 44u);
  // Interface: Ethernet, if_name "p0", if_tsresol 9.
  EXPECT_EQ(word(file, 44), 1u);
  EXPECT_EQ(word(file, 48), 40u);
  EXPECT_EQ(word(file, 52), 1u);
  EXPECT_EQ(word(file, 60), 2u | 2u << 16);
  EXPECT_EQ(word(file, 64), uint32_t{'p'} | uint32_t{'0'} << 8);
  EXPECT_EQ(word(file, 68), 9u | 1u << 16);
  EXPECT_EQ(word(file, 72), 9u);
  EXPECT_EQ(word(file, 76), 0u);
  // Packet: interface, time, captured and original length, data padded, epb_flags outbound.
  EXPECT_EQ(word(file, 84), 6u);
  EXPECT_EQ(word(file, 88), 52u);
  EXPECT_EQ(word(file, 92), 0u);
  EXPECT_EQ(uint64_t{word(file, 96)} << 32 | word(file, 100), static_cast<uint64_t>(kTime.ns()));
  EXPECT_EQ(word(file, 104), 5u);
  EXPECT_EQ(word(file, 108), 1000u);
  EXPECT_EQ(word(file, 116), 0xaau);
  EXPECT_EQ(word(file, 120), 2u | 4u << 16);
  EXPECT_EQ(word(file, 124), 2u);
  EXPECT_EQ(word(file, 132), 52u);
}

TEST_F(Pcapng, KeepsOthersFilesAndFollowsNoLinks) {
  std::ofstream(path()) << "precious";
  const auto refused = PcapngWriter::create(path(), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kExists);
  EXPECT_EQ(read().size(), 8u);
  const std::string link = (dir / "link").string();
  fs::create_symlink(path(), link);
  EXPECT_FALSE(PcapngWriter::create(link, true));
  EXPECT_EQ(read().size(), 8u);
  ASSERT_TRUE(PcapngWriter::create(path(), true));
  EXPECT_EQ(read().size(), 44u);
}

TEST_F(Pcapng, RefusesWhatIsNoPlainFile) {
  EXPECT_FALSE(PcapngWriter::create(dir.string(), true));
  EXPECT_FALSE(PcapngWriter::create((dir / "missing" / "x").string(), false));
  const std::string fifo = (dir / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(PcapngWriter::create(fifo, true)) << "and does not wait for a reader";
  EXPECT_FALSE(PcapngWriter::create("/dev/null", true));
}

TEST_F(Pcapng, IsReadableByItsOwnerOnly) {
  ASSERT_NE(create(), nullptr);
  struct stat about {};
  ASSERT_EQ(::stat(path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(Pcapng, StopsAtItsLimitWithWholeBlocks) {
  auto writer = create(10'000);
  ASSERT_TRUE(writer->add_interface("p0"));
  int written = 0;
  Status status;
  while ((status = writer->write(0, false, kTime, 60, frame()))) ++written;
  EXPECT_EQ(status.error().code, ErrorCode::kFull);
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(written, (10'000 - 84) / 104);
  EXPECT_EQ(read().size(), 84u + static_cast<size_t>(written) * 104);
}

TEST_F(Pcapng, AFullDiskLeavesWholeBlocks) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  auto writer = create();
  ASSERT_TRUE(writer->add_interface("p0"));
  ASSERT_TRUE(writer->flush());
  const rlimit small{1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(writer->write(0, false, kTime, 60, frame()));
  const Status status = writer->flush();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kFull);
  EXPECT_EQ(read().size(), 84u) << "back to what was whole";
  ASSERT_TRUE(writer->write(0, false, kTime, 60, frame()));
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(read().size(), 188u);
}

TEST_F(Pcapng, RefusesUnknownInterfacesAndWritesAfterClose) {
  auto writer = create();
  EXPECT_FALSE(writer->write(0, false, kTime, 60, frame()));
  ASSERT_TRUE(writer->add_interface("p0"));
  ASSERT_TRUE(writer->close());
  EXPECT_FALSE(writer->write(0, false, kTime, 60, frame()));
  EXPECT_TRUE(writer->close());
}

// What a program prints; empty when it fails.
std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
    out.append(buffer.data(), count);
  return pclose(pipe) == 0 ? out : "";
}

bool installed(const char* program) {
  return !output_of(std::string("command -v ") + program).empty();
}

struct PcapngRead : Pcapng {
  void SetUp() override {
    Pcapng::SetUp();
    auto writer = create();
    ASSERT_TRUE(writer->add_interface("p0"));
    ASSERT_TRUE(writer->add_interface("p1.100"));
    ASSERT_TRUE(writer->write(0, false, kTime, 60, frame()));
    ASSERT_TRUE(writer->write(1, true, kTime + Nanos(1), 1500, frame(),
                              {.comment = "dropped: no_route", .lost_before = 3}));
    ASSERT_TRUE(writer->close());
  }
};

TEST_F(PcapngRead, Capinfos) {
  if (!installed("capinfos")) GTEST_SKIP() << "capinfos is not installed";
  const std::string text = output_of("capinfos -t -c -E -I -T -M " + path());
  EXPECT_NE(text.find("pcapng"), std::string::npos) << text;
  EXPECT_NE(text.find("ether"), std::string::npos) << text;
  const std::string counted = output_of("capinfos -c -M " + path());
  EXPECT_NE(counted.find("Number of packets:   2"), std::string::npos) << counted;
}

TEST_F(PcapngRead, Tshark) {
  if (!installed("tshark")) GTEST_SKIP() << "tshark is not installed";
  const std::string text = output_of(
      "tshark -r " + path() +
      " -T fields -e frame.interface_name -e frame.time_epoch -e frame.packet_flags_direction"
      " -e frame.len -e frame.cap_len -e icmp.type -e frame.comment");
  EXPECT_EQ(text,
            "p0\t1700000000.123456789\t0x00000001\t60\t60\t8\t\n"
            "p1.100\t1700000000.123456790\t0x00000002\t1500\t60\t8\tdropped: no_route\n");
}

}  // namespace
}  // namespace spanway::stats
