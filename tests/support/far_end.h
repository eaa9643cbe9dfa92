// SPDX-License-Identifier: BSD-3-Clause
// A test at the far end of a wire: one whole engine with the one port p0, virtual time, and
// whatever frames the test says to it. When it is over nothing is lost: every packet and every
// buffer.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "control/config/validate.h"
#include "control/daemon/engine.h"
#include "drivers/sim/network.h"
#include "tests/support/eal.h"
#include "tests/support/frames.h"

namespace spanway::test {

class FarEnd : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(network_.add("w"));
    daemon::EngineOptions options;
    options.buffers = buffers();
    options.network = &network_;
    engine_ = std::make_unique<daemon::Engine>(options);
    auto port = network_.open("far", "w.b", {});
    ASSERT_TRUE(port) << port.error().message;
    port_ = std::move(*port);
    ASSERT_TRUE(port_->start());
  }
  void TearDown() override {
    EXPECT_EQ(engine_->totals().imbalance(), 0);
    engine_.reset();
    hear();
    port_.reset();
    EXPECT_EQ(buffers_in_use(), 0u);
  }

  // Configures p0 with these addresses and static neighbours; `more` stands behind, in TOML.
  void begin(std::initializer_list<std::string> addresses,
             std::initializer_list<std::string> neighbours, const std::string& more = {}) {
    std::string text = "[[port]]\nname = \"p0\"\ndevice = \"sim:w.a\"\naddresses = [";
    for (const std::string& address : addresses) text += "\"" + address + "\", ";
    text += "]\n";
    for (const std::string& ip : neighbours)
      text += "[[neighbour]]\ninterface = \"p0\"\nip = \"" + ip + "\"\nmac = \"" +
              kMac.to_string() + "\"\n";
    const auto config = config::load_text(text + more, "test");
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_TRUE(engine_->store().apply(*config, now_));
  }

  // The engine has a turn each millisecond; what it says is kept in heard_.
  void run(Nanos span) {
    for (const Nanos end = now_ + span; now_ < end; now_ += millis(1)) {
      engine_->turn(WorkerId{0}, now_);
      engine_->step(now_);
      hear();
      on_turn();
    }
  }
  virtual void on_turn() {}
  void say(Packet* frame) { ASSERT_EQ(port_->tx_burst(QueueId{0}, &frame, 1, now_), 1); }
  void say(const Bytes& frame) { say(packet_of(frame)); }

  [[nodiscard]] daemon::NamedInterface& p0() { return *engine_->interfaces().find("p0"); }
  [[nodiscard]] EtherAddr router_mac() { return engine_->interfaces().mac_of(p0()); }
  [[nodiscard]] static bool is_ospf(const Bytes& frame) {
    return frame.size() > 34 && frame[12] == 0x08 && frame[13] == 0x00 && frame[23] == 89;
  }

  const EtherAddr kMac = mac_of("02:00:00:00:99:02");  // the far end's, and of its neighbours
  sim::Network network_;
  std::unique_ptr<daemon::Engine> engine_;
  std::unique_ptr<drivers::Port> port_;  // the far end's
  std::vector<Bytes> heard_;
  Nanos now_{};

 private:
  void hear() {
    std::array<Packet*, 32> packets;
    while (const unsigned count = port_->rx_burst(QueueId{0}, packets.data(), 32, now_))
      for (unsigned i = 0; i < count; ++i) {
        heard_.push_back(bytes_of(packets[i]));
        release(packets[i]);
      }
  }
};

}  // namespace spanway::test
