// SPDX-License-Identifier: BSD-3-Clause
// From a device specification to a device of EAL, and to a Port on it. Control thread, after
// start_eal(); workers go on undisturbed meanwhile.
#pragma once

#include <memory>
#include <string>

#include "drivers/dpdk/device_spec.h"
#include "drivers/port.h"

namespace spanway::drivers {

// `device` is the text that `spec` was parsed from. Every kind but kSim.
Result<std::unique_ptr<Port>> open_ethdev(const std::string& name, const std::string& device,
                                          const DeviceSpec& spec, const PortOptions& options,
                                          const BufferSource& buffers);

}  // namespace spanway::drivers
