// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "tests/fuzz/text_replay.h"

namespace spanway::config {
namespace {

TEST(ConfigFuzz, ThousandsOfDamagedTexts) {
  const std::string text =
      "[daemon]\nworkers = [2, 3]\nmemory = \"none\"\n[control]\nsocket = \"/tmp/s\"\n"
      "[icmp]\nerror_burst = 2\n"
      "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\naddresses = [\"10.0.1.1/24\", "
      "\"2001:db8::1/64\"]\nmtu = 1500\nmac = \"02:00:00:00:00:01\"\n"
      "[[port.vlan]]\nid = 100\naddresses = [\"10.0.2.1/24\"]\n"
      "[[route]]\nprefix = \"10.9.0.0/16\"\nvia = [\"10.0.1.2\", { ip = \"10.0.2.2\", port = "
      "\"p0.100\", weight = 3 }]\n"
      "[[neighbour]]\ninterface = \"p0\"\nip = \"10.0.1.9\"\nmac = \"02:00:00:00:00:09\"\n"
      "[ospf]\nrouter_id = \"10.255.0.1\"\ndefault_originate = \"if-present\"\n"
      "[[ospf.port]]\nname = \"p0\"\narea = \"0.0.0.1\"\ntype = \"point-to-point\"\n"
      "[[ospf.key]]\nport = \"p0\"\nid = 7\nalgorithm = \"md5\"\nsecret = \"s\"\n"
      "accept_from = 2026-12-01T00:00:00Z\ngenerate_until = 2027-01-01 00:00:00+01:00\n"
      "[[ospf.redistribute]]\norigin = \"static\"\nmetric = 5\ntype = 1\n"
      "[[ospf.stub]]\nprefix = \"10.254.0.1/32\"\ncost = 3\n";
  test::replay(20261123, 20'000, {text},
               {"[[port]]\n",
                "[[route]]\n",
                "[daemon]\n",
                "\"\"\"",
                "'",
                "{",
                "}",
                "[",
                "]",
                "=",
                ".",
                "\n",
                "# ",
                "0",
                "-1",
                "99999999999999999999",
                "true",
                "1979-05-27",
                "\\u0000",
                "\xff",
                "kind = \"reject\"\n",
                "0.0.0.0/0",
                "::/0",
                "fe80::1",
                "[[ospf.key]]\n",
                "0000-01-01T00:00:00+14:00",
                "9999-12-31T23:59:59-14:00",
                "mtu = 68\n"});
}

}  // namespace
}  // namespace spanway::config
