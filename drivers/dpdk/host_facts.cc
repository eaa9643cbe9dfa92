// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/host_facts.h"

#include <net/if.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace spanway::drivers {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPciDevices = "/sys/bus/pci/devices";

}  // namespace

bool has_capability(Capability capability) {
  constexpr std::string_view kEffective = "CapEff:\t";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kEffective)) continue;
    const uint64_t mask = std::strtoull(line.c_str() + kEffective.size(), nullptr, 16);
    return (mask >> static_cast<unsigned>(capability) & 1) != 0;
  }
  return false;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string link_name(const std::string& path) {
  std::error_code failed;
  return fs::read_symlink(path, failed).filename();
}

int numa_node(const std::string& pci_address) {
  const std::string node = first_line(std::string(kPciDevices) + "/" + pci_address + "/numa_node");
  return node.empty() ? -1 : std::atoi(node.c_str());
}

std::vector<std::string> network_cards() {
  std::vector<std::string> cards;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(kPciDevices, failed)) {
    // Class 02 of the PCI code and ID assignment: network controllers.
    if (first_line(entry.path() / "class").starts_with("0x02"))
      cards.push_back(entry.path().filename());
  }
  std::sort(cards.begin(), cards.end());
  return cards;
}

std::vector<std::string> interfaces() {
  std::vector<std::string> names;
  struct if_nameindex* all = if_nameindex();
  for (struct if_nameindex* each = all; each != nullptr && each->if_index != 0; ++each)
    names.emplace_back(each->if_name);
  if (all != nullptr) if_freenameindex(all);
  return names;
}

}  // namespace spanway::drivers
