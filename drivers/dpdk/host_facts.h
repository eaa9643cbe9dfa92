// SPDX-License-Identifier: BSD-3-Clause
// Small facts about this machine and process, from /proc and /sys. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace spanway::drivers {

// Numbers of linux/capability.h.
enum class Capability : uint8_t { kNetAdmin = 12, kNetRaw = 13, kIpcLock = 14, kBpf = 39 };
bool has_capability(Capability capability);

// Without the line's end; empty when the file can not be read.
std::string first_line(const std::string& path);
// The last part of what a symbolic link points to; empty when it is none.
std::string link_name(const std::string& path);
// The NUMA node of a PCI card; -1 when it has none.
int numa_node(const std::string& pci_address);
// Network cards on the PCI bus, by full address.
std::vector<std::string> network_cards();
// Linux interfaces of this network namespace.
std::vector<std::string> interfaces();

}  // namespace spanway::drivers
