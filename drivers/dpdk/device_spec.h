// SPDX-License-Identifier: BSD-3-Clause
// The text behind `device =` taken apart; see drivers/factory.h for its forms. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/result.h"

namespace spanway::drivers {

enum class DeviceKind : uint8_t {
  kPci,
  kTap,
  kVeth,
  kXdp,
  kMemif,
  kVhost,
  kVirtio,
  kPcap,
  kNull,
  kRing,
  kDpdk,
  kSim,
};

struct DeviceSpec {
  DeviceKind kind = DeviceKind::kNull;
  // PCI address in full, Linux interface, path, ring name, devargs, or wire end, by kind.
  std::string target;
  std::string tx_file;    // pcap: where sent frames go; empty: nowhere
  bool infinite = false;  // pcap: the file again and again
  bool server = false;    // memif: this end makes the socket
  bool invents = false;   // null: receives frames out of nothing
};

// Errors name the form that was meant.
Result<DeviceSpec> parse_device(std::string_view text);

// True for the kinds that stand on a Linux network interface: tap, veth, xdp.
constexpr bool on_linux_interface(DeviceKind kind) noexcept {
  return kind == DeviceKind::kTap || kind == DeviceKind::kVeth || kind == DeviceKind::kXdp;
}

}  // namespace spanway::drivers
