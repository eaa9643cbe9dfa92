// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "drivers/dpdk/host_facts.h"
#include "drivers/dpdk/inspect.h"

namespace spanway::drivers {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

// Drivers of Linux that share their card with DPDK.
constexpr std::array<std::string_view, 3> kBifurcated = {"mlx4_core", "mlx5_core", "mana"};
constexpr std::array<std::string_view, 2> kUio = {"uio_pci_generic", "igb_uio"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string join(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

// The Linux interfaces that the card carries now; those of virtio hang one step lower.
std::string interfaces_of(const std::string& device) {
  std::vector<std::string> names;
  const auto collect = [&](const fs::path& folder) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder / "net", failed))
      names.push_back(entry.path().filename());
  };
  collect(device);
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(device, failed)) {
    if (entry.path().filename().string().starts_with("virtio")) collect(entry.path());
  }
  return join(names);
}

Finding driver_of(const std::string& device, const std::string& address) {
  const std::string driver = link_name(device + "/driver");
  const std::string bind = "modprobe vfio-pci && dpdk-devbind.py --bind=vfio-pci " + address;
  if (driver == "vfio-pci" || contains(kBifurcated, driver))
    return {"driver", Level::kOk, "bound to " + driver};
  if (contains(kUio, driver))
    return {"driver", Level::kWarn, "bound to " + driver + ", which knows no IOMMU", bind};
  if (driver.empty()) return {"driver", Level::kFail, "it is bound to no driver", bind};
  const std::string names = interfaces_of(device);
  if (names.empty())
    return {"driver", Level::kFail, "it is bound to " + driver + " of the kernel", bind};
  return {
      "driver", Level::kFail, "it is bound to " + driver + " of the kernel, as interface " + names,
      "make sure that nothing needs " + names + ", ip link set " + names + " down, then " + bind};
}

Finding iommu_of(const std::string& device) {
  const std::string group = link_name(device + "/iommu_group");
  if (group.empty()) {
    return {"iommu", Level::kWarn, "it is behind no IOMMU",
            "boot with intel_iommu=on iommu=pt (or amd_iommu=on), or, on a machine that you trust "
            "with it, echo 1 > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode"};
  }
  const std::string node = "/dev/vfio/" + group;
  if (access(node.c_str(), F_OK) != 0) return {"iommu", Level::kOk, "IOMMU group " + group};
  if (access(node.c_str(), R_OK | W_OK) == 0)
    return {"iommu", Level::kOk, "IOMMU group " + group + " may be opened"};
  return {"iommu", Level::kFail, node + " may not be opened by this user",
          "run as root, or chown " + node, ErrorCode::kPermission};
}

}  // namespace

std::vector<Finding> inspect_pci(const std::string& address) {
  const std::string device = "/sys/bus/pci/devices/" + address;
  if (access(device.c_str(), F_OK) != 0) {
    const std::string cards = join(network_cards());
    return {{"device", Level::kFail, "there is no PCI device " + address,
             cards.empty() ? "this machine has no network card on PCI: use tap:, veth: or a lab"
                           : "network cards: " + cards + " (dpdk-devbind.py --status-dev net)",
             ErrorCode::kNotFound}};
  }
  std::vector<Finding> all;
  const bool is_network = first_line(device + "/class").starts_with("0x02");
  const std::string what =
      "PCI " + first_line(device + "/vendor") + ":" + first_line(device + "/device");
  if (is_network) {
    all.push_back({"device", Level::kOk, what + ", a network card"});
  } else {
    all.push_back({"device", Level::kWarn, what + ", which is no network card",
                   "dpdk-devbind.py --status-dev net lists those"});
  }
  all.push_back(driver_of(device, address));
  if (link_name(device + "/driver") == "vfio-pci") all.push_back(iommu_of(device));
  return all;
}

}  // namespace spanway::drivers
