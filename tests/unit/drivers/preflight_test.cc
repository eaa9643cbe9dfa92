// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/preflight.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "drivers/dpdk/inspect.h"

namespace spanway::drivers {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

class PreflightTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("spanway-preflight-" + std::to_string(getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  // A socket file; closed again unless somebody is to listen.
  int make_socket(const std::string& path, bool listening) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(fd, 1), 0);
    if (listening) return fd;
    close(fd);
    return -1;
  }
  static const Finding* find(const std::vector<Finding>& all, const std::string& name) {
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name == name; });
    return it == all.end() ? nullptr : &*it;
  }

  fs::path dir_;
};

TEST_F(PreflightTest, EveryWarningAndFailureHasAFix) {
  for (const char* device :
       {"", "ffff:ff:1f.7", "0000:00:00.0", "tap:spwt0", "veth:nosuchif0", "veth:lo", "xdp:lo",
        "memif:/nonexistent/x,server", "memif:/nonexistent/x", "vhost:/nonexistent/x",
        "virtio:/nonexistent/x", "pcap:/nonexistent/x,tx=/nonexistent/y", "null:", "nonsense"}) {
    const auto all = preflight(device);
    EXPECT_FALSE(all.empty()) << device;
    for (const Finding& finding : all) {
      EXPECT_FALSE(finding.what.empty()) << device;
      EXPECT_EQ(finding.fix.empty(), finding.level == Level::kOk) << device << " " << finding.name;
    }
  }
}

TEST_F(PreflightTest, MachineIsPartOfEveryReport) {
  for (const char* device : {"", "null:", "ffff:ff:1f.7"}) {
    EXPECT_NE(find(preflight(device), "hugepages"), nullptr) << device;
    EXPECT_NE(find(preflight(device), "memlock"), nullptr) << device;
  }
}

TEST_F(PreflightTest, MayOpenSaysWhatIsMissing) {
  const auto refusal = [](const std::string& device) {
    const Status status = may_open(device, *parse_device(device));
    return status ? Error{ErrorCode::kInternal, "may open"} : status.error();
  };
  EXPECT_EQ(refusal("ffff:ff:1f.7").code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal("veth:nosuchif0").code, ErrorCode::kNotFound);
  EXPECT_NE(refusal("veth:nosuchif0").fix.find("lo"), std::string::npos);
  EXPECT_EQ(refusal("pcap:/nonexistent/x").code, ErrorCode::kNotFound);
  EXPECT_NE(refusal("memif:/nonexistent/x,server").fix.find("mkdir"), std::string::npos);
  EXPECT_EQ(refusal("virtio:/nonexistent/x").code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal("vhost:/" + std::string(120, 'x')).code, ErrorCode::kInvalid);
  EXPECT_TRUE(may_open("null:", *parse_device("null:")));
}

TEST_F(PreflightTest, SocketsOfTheLivingStayAndOfTheDeadGo) {
  const std::string dead = dir_ / "dead", alive = dir_ / "alive", file = dir_ / "file";
  make_socket(dead, false);
  const int fd = make_socket(alive, true);
  std::ofstream(file) << "x";

  const auto vhost = [](const std::string& path) {
    const std::string device = "vhost:" + path;
    return may_open(device, *parse_device(device));
  };
  EXPECT_TRUE(vhost(dead));
  EXPECT_EQ(vhost(alive).error().code, ErrorCode::kExists);
  EXPECT_EQ(vhost(file).error().code, ErrorCode::kExists);
  EXPECT_TRUE(may_open("virtio:" + alive, *parse_device("virtio:" + alive)));
  EXPECT_FALSE(may_open("virtio:" + dead, *parse_device("virtio:" + dead)));

  for (const std::string& path : {dead, alive, file}) remove_dead_socket(path);
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(alive));
  EXPECT_TRUE(fs::exists(file));
  // The look disturbed nobody: no connection is waiting.
  EXPECT_EQ(accept(fd, nullptr, nullptr), -1);
  close(fd);
}

}  // namespace
}  // namespace spanway::drivers
