// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/device_spec.h"

#include <gtest/gtest.h>

#include "drivers/factory.h"

namespace spanway::drivers {
namespace {

struct Good {
  const char* text;
  DeviceKind kind;
  const char* target;
};

TEST(DeviceSpec, AcceptsEveryForm) {
  for (const Good& good : {
           Good{"0000:3b:00.0", DeviceKind::kPci, "0000:3b:00.0"},
           Good{"3B:00.1", DeviceKind::kPci, "0000:3b:00.1"},
           Good{"tap:t0", DeviceKind::kTap, "t0"},
           Good{"veth:eth1.7", DeviceKind::kVeth, "eth1.7"},
           Good{"xdp:eth1", DeviceKind::kXdp, "eth1"},
           Good{"memif:/run/x.sock", DeviceKind::kMemif, "/run/x.sock"},
           Good{"vhost:/run/x.sock", DeviceKind::kVhost, "/run/x.sock"},
           Good{"virtio:/run/x.sock", DeviceKind::kVirtio, "/run/x.sock"},
           Good{"pcap:a.pcap", DeviceKind::kPcap, "a.pcap"},
           Good{"null:", DeviceKind::kNull, ""},
           Good{"null", DeviceKind::kNull, ""},
           Good{"ring:r0", DeviceKind::kRing, "r0"},
           Good{"dpdk:net_null0,size=64", DeviceKind::kDpdk, "net_null0,size=64"},
           Good{"sim:w1.a", DeviceKind::kSim, "w1.a"},
       }) {
    const auto spec = parse_device(good.text);
    ASSERT_TRUE(spec) << good.text << ": " << spec.error().message;
    EXPECT_EQ(spec->kind, good.kind) << good.text;
    EXPECT_EQ(spec->target, good.target) << good.text;
  }
}

TEST(DeviceSpec, ReadsOptions) {
  const auto pcap = parse_device("pcap:a.pcap,tx=b.pcap,infinite");
  ASSERT_TRUE(pcap);
  EXPECT_EQ(pcap->target, "a.pcap");
  EXPECT_EQ(pcap->tx_file, "b.pcap");
  EXPECT_TRUE(pcap->infinite);
  EXPECT_TRUE(parse_device("memif:/run/x,server")->server);
  EXPECT_FALSE(parse_device("memif:/run/x")->server);
  EXPECT_TRUE(parse_device("null:rx")->invents);
}

TEST(DeviceSpec, RefusesWithTheFormThatWasMeant) {
  struct Bad {
    const char* text;
    const char* hint;
  };
  for (const Bad& bad : {
           Bad{"", "devices:"},
           Bad{"eth0", "devices:"},
           Bad{"tapp:t0", "did you mean tap:t0"},
           Bad{"vet:t0", "did you mean veth:eth1"},
           Bad{"memfi:/x", "did you mean memif:"},
           Bad{"tap", "tap:t0"},
           Bad{"tap:", "tap:t0"},
           Bad{"tap:a-name-too-long-for-it", "tap:t0"},
           Bad{"tap:a/b", "tap:t0"},
           Bad{"tap:t0,mac=fixed", "tap:t0"},
           Bad{"pcap:a,tx=", "pcap:in"},
           Bad{"pcap:,tx=b", "pcap:in"},
           Bad{"pcap:a,b", "pcap:in"},
           Bad{"null:tx", "null:"},
           Bad{"0000:3b:00.8", "devices:"},
           Bad{"0000:3g:00.0", "devices:"},
       }) {
    const Status status = check_device(bad.text);
    ASSERT_FALSE(status) << bad.text;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
    EXPECT_NE(status.error().fix.find(bad.hint), std::string::npos)
        << bad.text << ": " << status.error().fix;
  }
}

}  // namespace
}  // namespace spanway::drivers
