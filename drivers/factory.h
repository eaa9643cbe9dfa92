// SPDX-License-Identifier: BSD-3-Clause
// From a device specification to a Port. Control thread.
//
//   0000:3b:00.0                      a PCI address (vfio-pci, or a bifurcated driver)
//   tap:NAME                          a TAP in this network namespace, made here (net_tap)
//   veth:NAME                         an existing Linux interface, packet socket (net_af_packet)
//   xdp:NAME                          an existing Linux interface, AF_XDP (net_af_xdp)
//   memif:PATH[,server]               shared memory with another process (net_memif)
//   vhost:PATH                        vhost-user, the device's end; makes the socket (net_vhost)
//   virtio:PATH                       vhost-user, the driver's end (net_virtio_user)
//   pcap:FILE[,tx=FILE][,infinite]    frames from and to files (net_pcap)
//   null:                             swallows; null:rx also invents (net_null)
//   ring:NAME                         loops back (net_ring)
//   dpdk:DEVARGS                      anything else that EAL knows
//   sim:WIRE[.END]                    one end of a simulated wire of the lab (drivers/sim)
#pragma once

#include <memory>
#include <string>

#include "drivers/port.h"

namespace spanway::sim {
class Network;
}

namespace spanway::drivers {

// Opens and configures the device, not yet started. `buffers` feeds its receive queues. `network`
// holds the simulated wires, or is null. Errors name the device, what is wrong with it and the fix.
Result<std::unique_ptr<Port>> open_port(const std::string& name, const std::string& device,
                                        const PortOptions& options, const BufferSource& buffers,
                                        sim::Network* network);

// Checks the form of a specification without opening anything; for `config check`.
Status check_device(const std::string& device);

}  // namespace spanway::drivers
