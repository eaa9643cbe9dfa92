// SPDX-License-Identifier: BSD-3-Clause
// Packets of OSPF as text: what BIRD 2.0.12 said to another BIRD, taken off the wire behind the
// IPv4 header. Seeds of the fuzz targets, and vectors that we did not make ourselves.
//
// Two of them, 10.9.0.1 and .2 on a veth pair in namespaces of their own, tcpdump beside them:
//   router id 1.1.1.1; protocol device { }
//   protocol static stat1 { ipv4; route 198.51.100.1/32 blackhole; }
//   protocol ospf v2 ospf1 { ipv4 { import all; export all; }; area 0 { stubnet 192.0.2.1/32;
//     interface "v0" { type bcast; hello 1; dead 4; wait 3; AUTHENTICATION }; }; }
// where AUTHENTICATION is nothing, or a simple password "simplepw", or cryptographic with password
// "spanway-key" { id 7; algorithm ...; }.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace spanway::ospf::fuzz {

// hex: an even number of lower-case digits.
inline std::vector<uint8_t> from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return out;
}

// From 2.2.2.2, which has heard 1.1.1.1.
inline constexpr std::string_view kHello =
    "020100300202020200000000f6c100000000000000000000ffffff00000102010000000400000000"
    "0000000001010101";
// The headers of an external LSA and a router LSA.
inline constexpr std::string_view kDescription =
    "020200480101010100000000b73a0000000000000000000005dc4200aa5fc17700020205c6336401"
    "0101010180000001ec4b0024000142010101010101010101800000012fde0030";
// The neighbour's two of that kind.
inline constexpr std::string_view kRequest =
    "020300300101010100000000c5820000000000000000000000000005c63364020202020200000001"
    "0202020202020202";
// An external LSA and a router LSA.
inline constexpr std::string_view kUpdate =
    "020400700101010100000000f08d000000000000000000000000000200030205c633640101010101"
    "80000001ec4b0024ffffffff80002710000000000000000000024201010101010101010180000001"
    "2fde0030020000020a090000ffffff000300000ac0000201ffffffff0300000a";
// A network LSA.
inline constexpr std::string_view kNetworkUpdate =
    "0204003c02020202000000002f840000000000000000000000000001000142020a09000202020202"
    "80000001f4fb0020ffffff000202020201010101";
// An external, a router and a network LSA.
inline constexpr std::string_view kAck =
    "020500540101010100000000ff540000000000000000000000030205c63364020202020280000001"
    "c46e002400024201020202020202020280000001f80c0030000142020a0900020202020280000001"
    "f4fb0020";
inline constexpr std::string_view kSimpleHello =
    "020100300101010100000000f6c0000173696d706c657077ffffff00000102010000000400000000"
    "0000000002020202";
inline constexpr std::string_view kMd5Hello =
    "02010030010101010000000000000002000007106b044d87ffffff00000102010000000400000000"
    "0000000002020202dbdc82c8e624efa1a63b74ec23d43b35";
inline constexpr std::string_view kSha1Hello =
    "02010030010101010000000000000002000007146b044d94ffffff00000102010000000400000000"
    "000000000202020224cf28cabced02d3e5e15bcb656cd38f1b3854bd";
inline constexpr std::string_view kSha256Hello =
    "02010030020202020000000000000002000007206b044da1ffffff00000102010000000400000000"
    "0000000001010101e1e2092c2a8b946cfcb7164b34d898d871c31c9c310b0312546f9fc17e2b8353";
inline constexpr std::string_view kSha384Hello =
    "02010030010101010000000000000002000007306b044dadffffff00000102010000000400000000"
    "00000000020202029ca63c501ec6b4e01a9dd12af02d61a7b855fb8acce228de50e371496246ff32"
    "54cf602d85df731a8e8e2a6655616304";
inline constexpr std::string_view kSha512Hello =
    "02010030010101010000000000000002000007406b044dbaffffff00000102010000000400000000"
    "0000000002020202156b47ec1bdc9531de4179c11d48bf20d2987cbc02c2c9e93ec21cb47ccd72a5"
    "4bafe3634decf5c4daf7d932de5fb638ff2caa0a11e2f683a494520ddd70c9fe";
inline constexpr std::string_view kSha256Update =
    "02040070020202020000000000000002000007206b044da40000000200080205c633640202020202"
    "80000001c46e0024ffffffff80002710000000000000000000074201020202020202020280000001"
    "f80c0030020000020a090000ffffff000300000ac0000202ffffffff0300000a104e7093dbd9196b"
    "4c0b91964db0c9f502d077fe649fb68228539f0f86efe9cc";

}  // namespace spanway::ospf::fuzz
