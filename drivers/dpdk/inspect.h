// SPDX-License-Identifier: BSD-3-Clause
// The device half of preflight, by family of devices. Any thread.
#pragma once

#include <string>
#include <vector>

#include "drivers/dpdk/device_spec.h"
#include "drivers/dpdk/preflight.h"

namespace spanway::drivers {

std::vector<Finding> inspect_pci(const std::string& address);
std::vector<Finding> inspect_interface(const DeviceSpec& spec);  // tap, veth, xdp
std::vector<Finding> inspect_socket(const DeviceSpec& spec);     // memif, vhost, virtio
std::vector<Finding> inspect_files(const DeviceSpec& spec);      // pcap

// Removes the socket of a process that died without doing so: one that nobody listens on. What is
// alive, or no socket, stays.
void remove_dead_socket(const std::string& path);

}  // namespace spanway::drivers
