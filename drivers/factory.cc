// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/factory.h"

#include "drivers/dpdk/device_spec.h"
#include "drivers/dpdk/ethdev_open.h"
#include "drivers/sim/network.h"

namespace spanway::drivers {

Status check_device(const std::string& device) {
  if (auto spec = parse_device(device); !spec) return spec.error();
  return {};
}

Result<std::unique_ptr<Port>> open_port(const std::string& name, const std::string& device,
                                        const PortOptions& options, const BufferSource& buffers,
                                        sim::Network* network) {
  const auto spec = parse_device(device);
  if (!spec) return spec.error();
  if (spec->kind != DeviceKind::kSim) return open_ethdev(name, device, *spec, options, buffers);
  if (network == nullptr)
    return Error{ErrorCode::kUnavailable, device + ": there are no simulated wires here",
                 "simulated wires exist in a lab: spanway lab FILE"};
  return network->open(name, spec->target, options);
}

}  // namespace spanway::drivers
