// SPDX-License-Identifier: BSD-3-Clause
// What stands in the way of a device, looked at before DPDK does: for `spanway doctor` and for the
// errors of open_port(). Reads /proc, /sys and file permissions; changes nothing. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "drivers/dpdk/device_spec.h"

namespace spanway::drivers {

struct Finding {
  enum class Level : uint8_t {
    kOk,
    kWarn,  // it works, but slower, or not for everything
    kFail,  // it can not work
  };
  std::string name;  // what was looked at: "device", "driver", "permission", "hugepages", ...
  Level level = Level::kOk;
  std::string what;                          // what was found, one sentence without a full stop
  std::string fix{};                         // the next thing to do; empty when all is well
  ErrorCode code = ErrorCode::kUnavailable;  // of a kFail
};
constexpr std::string_view level_name(Finding::Level level) noexcept {
  return level == Finding::Level::kOk ? "ok" : level == Finding::Level::kWarn ? "warn" : "fail";
}

// Everything about the device and the machine that serves it. An empty text: the machine alone.
std::vector<Finding> preflight(const std::string& device);

// The device alone. Empty for kinds that need nothing.
std::vector<Finding> inspect_device(const DeviceSpec& spec);
// Memory, CPUs and limits. `node`: the NUMA node of the card, or -1.
std::vector<Finding> inspect_machine(int node);

// The first kFail of inspect_device() as an error that names the device.
Status may_open(const std::string& device, const DeviceSpec& spec);

}  // namespace spanway::drivers
