// SPDX-License-Identifier: BSD-3-Clause
// A vhost-user device and its virtio_user driver, both in this process: the one pair of ports
// without a card whose transmit offloads are real.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "drivers/dpdk/eal.h"
#include "drivers/factory.h"
#include "tests/support/eal.h"

namespace spanway::drivers {

// vhost-user and virtio-user ends of one socket, in this process; shared memory by memfd.
class VhostPair : public testing::Test {
 protected:
  void SetUp() override {
    test::buffers();
    ASSERT_TRUE(start_eal({}));
    path_ = std::filesystem::temp_directory_path() /
            ("spanway-vhost-" + std::to_string(getpid()) + ".sock");
    device_ = open("vhost:" + path_);
    if (device_ == nullptr) GTEST_SKIP() << "no vhost end: " << why_;
    driver_ = open("virtio:" + path_);
    if (driver_ == nullptr) GTEST_SKIP() << "no virtio end: " << why_;
    for (int i = 0; i < 3000 && !device_->link().up; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(device_->link().up);
  }
  void TearDown() override {
    if (driver_) driver_->stop();
    driver_.reset();
    if (device_) device_->stop();
    device_.reset();
    std::filesystem::remove(path_);
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }
  std::unique_ptr<Port> open(const std::string& device) {
    auto port = open_port("p", device, {}, test::buffers(), nullptr);
    if (port) {
      if (const Status started = (*port)->start(); started) return std::move(*port);
      why_ = "it does not start";
      return nullptr;
    }
    why_ = port.error().message;
    return nullptr;
  }

  std::string path_, why_;
  std::unique_ptr<Port> device_, driver_;
};

}  // namespace spanway::drivers
