// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/preflight.h"

#include <sys/resource.h>

#include <thread>
#include <utility>

#include "drivers/dpdk/eal.h"
#include "drivers/dpdk/host_facts.h"
#include "drivers/dpdk/inspect.h"

namespace spanway::drivers {
namespace {

using Level = Finding::Level;

Finding hugepages() {
  const unsigned mb = free_hugepage_mb();
  if (mb >= 256) return {"hugepages", Level::kOk, std::to_string(mb) + " MiB are free"};
  return {"hugepages", Level::kWarn,
          mb == 0 ? "none are free: the pools use ordinary pages, which costs cards some speed"
                  : "only " + std::to_string(mb) + " MiB are free",
          "echo 512 > /proc/sys/vm/nr_hugepages (as root)"};
}

Finding memlock() {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur == RLIM_INFINITY || has_capability(Capability::kIpcLock))
    return {"memlock", Level::kOk, "memory may be locked"};
  return {"memlock", Level::kWarn,
          "at most " + std::to_string(limit.rlim_cur / 1024) + " KiB may be locked for a card",
          "ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit file"};
}

Finding isolation() {
  const std::string isolated = first_line("/sys/devices/system/cpu/isolated");
  if (!isolated.empty()) return {"cpu isolation", Level::kOk, "CPUs " + isolated + " are isolated"};
  return {"cpu isolation", Level::kWarn, "no CPU is kept free of other work",
          "boot with isolcpus=LIST nohz_full=LIST for the workers' CPUs"};
}

Finding cpus() {
  const unsigned count = std::thread::hardware_concurrency();
  if (count >= 2) return {"cpus", Level::kOk, std::to_string(count) + " CPUs"};
  return {"cpus", Level::kWarn, "one CPU: worker and control take turns on it", "use two or more"};
}

void add_governor(std::vector<Finding>& all) {
  const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (governor.empty()) return;  // the hypervisor or the firmware decides
  if (governor == "performance") {
    all.push_back({"governor", Level::kOk, "performance"});
  } else {
    all.push_back({"governor", Level::kWarn, governor + ": clocks change under load",
                   "cpupower frequency-set -g performance"});
  }
}

void add_numa(std::vector<Finding>& all, int node) {
  if (node < 0) return;
  const std::string path = "/sys/devices/system/node/node" + std::to_string(node) + "/cpulist";
  all.push_back({"numa", Level::kOk,
                 "the card is at node " + std::to_string(node) + ", whose CPUs are " +
                     first_line(path) + ": take workers from these"});
}

}  // namespace

std::vector<Finding> inspect_machine(int node) {
  std::vector<Finding> all = {hugepages(), memlock(), cpus(), isolation()};
  add_governor(all);
  add_numa(all, node);
  return all;
}

std::vector<Finding> inspect_device(const DeviceSpec& spec) {
  switch (spec.kind) {
    case DeviceKind::kPci:
      return inspect_pci(spec.target);
    case DeviceKind::kTap:
    case DeviceKind::kVeth:
    case DeviceKind::kXdp:
      return inspect_interface(spec);
    case DeviceKind::kMemif:
    case DeviceKind::kVhost:
    case DeviceKind::kVirtio:
      return inspect_socket(spec);
    case DeviceKind::kPcap:
      return inspect_files(spec);
    case DeviceKind::kNull:
    case DeviceKind::kRing:
    case DeviceKind::kDpdk:
    case DeviceKind::kSim:
      break;
  }
  return {};
}

std::vector<Finding> preflight(const std::string& device) {
  if (device.empty()) return inspect_machine(-1);
  const auto spec = parse_device(device);
  if (!spec)
    return {{"device", Level::kFail, spec.error().message, spec.error().fix, spec.error().code}};
  std::vector<Finding> all = inspect_device(*spec);
  if (all.empty()) all.push_back({"device", Level::kOk, device + " needs nothing"});
  const int node = spec->kind == DeviceKind::kPci ? numa_node(spec->target) : -1;
  for (Finding& finding : inspect_machine(node)) all.push_back(std::move(finding));
  return all;
}

Status may_open(const std::string& device, const DeviceSpec& spec) {
  for (const Finding& finding : inspect_device(spec)) {
    if (finding.level == Level::kFail)
      return Error{finding.code, device + ": " + finding.what, finding.fix};
  }
  return {};
}

}  // namespace spanway::drivers
