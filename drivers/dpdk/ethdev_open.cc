// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/ethdev_open.h"

#include <rte_dev.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "dataplane/base/local_mac.h"
#include "drivers/dpdk/eal.h"
#include "drivers/dpdk/ethdev_port.h"
#include "drivers/dpdk/inspect.h"
#include "drivers/dpdk/preflight.h"

namespace spanway::drivers {
namespace {

struct Probe {
  std::string name;     // of the device within EAL; empty: whatever the devargs make
  std::string devargs;  // for rte_dev_probe()
};

// EAL wants a name of its own for each virtual device, and the driver's name in front.
std::string fresh_name(const std::string& driver) {
  static std::mutex mutex;
  static std::map<std::string, unsigned> next;
  const std::lock_guard lock(mutex);
  return driver + std::to_string(next[driver]++);
}

std::string option(const char* key, const std::string& value) {
  return std::string(",") + key + "=" + value;
}

std::string af_packet_ring(uint32_t room) {
  const std::string frame = std::to_string(af_packet_frame_bytes(room));
  const std::string block = std::to_string(std::max(af_packet_frame_bytes(room), 4096u));
  return option("framesz", frame) + option("blocksz", block) + option("framecnt", "512") +
         option("qdisc_bypass", "1");
}

Probe virtual_probe(const std::string& driver, const std::string& options) {
  std::string name = fresh_name(driver);
  return {name, name + options};
}

Probe probe_for(const std::string& device, const DeviceSpec& spec, const PortOptions& options,
                uint32_t room) {
  const std::string mac = local_mac(device).to_string();
  const std::string queues = std::to_string(std::max(options.rx_queues, options.tx_queues));
  switch (spec.kind) {
    case DeviceKind::kPci:
      return {spec.target, spec.target};
    case DeviceKind::kTap:
      return virtual_probe("net_tap", option("iface", spec.target) + option("mac", mac));
    case DeviceKind::kVeth:
      return virtual_probe("net_af_packet", option("iface", spec.target) +
                                                option("qpairs", queues) + af_packet_ring(room));
    case DeviceKind::kXdp:
      return virtual_probe("net_af_xdp",
                           option("iface", spec.target) + option("queue_count", queues));
    case DeviceKind::kMemif:
      return virtual_probe("net_memif", option("role", spec.server ? "server" : "client") +
                                            option("socket", spec.target) +
                                            option("socket-abstract", "no") + option("mac", mac));
    case DeviceKind::kVhost:
      return virtual_probe("net_vhost", option("iface", spec.target) + option("queues", queues));
    case DeviceKind::kVirtio:
      return virtual_probe("net_virtio_user", option("path", spec.target) +
                                                  option("queues", queues) + option("mac", mac));
    case DeviceKind::kPcap:
      return virtual_probe("net_pcap",
                           option("rx_pcap", spec.target) +
                               (spec.tx_file.empty() ? "" : option("tx_pcap", spec.tx_file)) +
                               (spec.infinite ? option("infinite_rx", "1") : ""));
    case DeviceKind::kNull:
      return virtual_probe("net_null", spec.invents ? option("size", "60") : option("no-rx", "1"));
    case DeviceKind::kRing:
      return virtual_probe("net_ring", "");
    case DeviceKind::kDpdk:
    case DeviceKind::kSim:
      break;
  }
  return {spec.target.substr(0, spec.target.find(',')), spec.target};
}

Result<uint16_t> probe(const std::string& device, const Probe& what) {
  take_eal_log();
  uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(what.name.c_str(), &id) == 0)
    return Error{ErrorCode::kExists, device + " is already open", "give each port its own device"};
  if (const int code = rte_dev_probe(what.devargs.c_str()); code != 0) {
    Error error{ErrorCode::kUnavailable, device + " can not be opened: "};
    const std::string complaint = take_eal_complaint();
    error.message += complaint.empty() ? strerror(std::abs(code)) : complaint;
    if (code == -EPERM || code == -EACCES) error.code = ErrorCode::kPermission;
    error.fix = "spanway doctor " + device;
    return error;
  }
  if (rte_eth_dev_get_port_by_name(what.name.c_str(), &id) == 0) return id;
  rte_dev_iterator all;
  uint16_t each = 0;
  bool found = false;
  RTE_ETH_FOREACH_MATCHING_DEV(each, what.devargs.c_str(), &all) {
    if (!found) id = each;
    found = true;
  }
  if (found) return id;
  return Error{ErrorCode::kUnavailable,
               device + ": no driver of DPDK took it: " + take_eal_complaint(),
               "spanway doctor " + device};
}

}  // namespace

Result<std::unique_ptr<Port>> open_ethdev(const std::string& name, const std::string& device,
                                          const DeviceSpec& spec, const PortOptions& options,
                                          const BufferSource& buffers) {
  if (Status ok = may_open(device, spec); !ok) return ok.error();
  // A process that was killed leaves its socket behind; nobody should have to clean up by hand.
  if (spec.kind == DeviceKind::kVhost || spec.server) remove_dead_socket(spec.target);
  // libbpf and libxdp chat on stderr.
  std::optional<CapturedStderr> hush;
  if (spec.kind == DeviceKind::kXdp) hush.emplace();
  const Probe what = probe_for(device, spec, options, data_room(buffers));
  const auto id = probe(device, what);
  if (!id) return id.error();
  const EthdevPort::Identity identity{name, device, what.devargs,
                                      on_linux_interface(spec.kind) ? spec.target : ""};
  return EthdevPort::make(*id, identity, options, buffers);
}

}  // namespace spanway::drivers
