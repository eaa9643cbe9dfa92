// SPDX-License-Identifier: BSD-3-Clause
// Judges a Config as a whole: names that clash or lead nowhere, addresses that overlap, gateways
// that no subnet reaches. Any thread; no state.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/parse.h"
#include "control/config/schema.h"
#include "dataplane/base/result.h"

namespace spanway::config {

// Judges the form of a device specification; drivers::check_device in the daemon.
using DeviceCheck = std::function<Status(const std::string& device)>;

// Faults in the order of the file, at most kMaxFaults; a Fault with `warning` set does not make the
// Config unusable. `places` may be empty, `device` may be null.
[[nodiscard]] std::vector<Fault> validate(const Config& config, const Places& places = {},
                                          const DeviceCheck& device = nullptr);

// The first error of validate() as a Status.
[[nodiscard]] Status check(const Config& config, const DeviceCheck& device = nullptr);

// parse() and validate() in one, with the faults as text for the operator.
struct Checked {
  Config config;       // when usable
  bool usable = true;  // no faults, or warnings alone
  std::vector<Fault> faults;
  std::string rendered;  // of all faults; empty when there are none
};
[[nodiscard]] Checked check_text(std::string_view text, std::string_view file,
                                 const DeviceCheck& device = nullptr);

// The same; the rendered faults are Error::message. Warnings are silent.
[[nodiscard]] Result<Config> load_text(std::string_view text, std::string_view file,
                                       const DeviceCheck& device = nullptr);
[[nodiscard]] Result<Config> load_file(const std::string& path,
                                       const DeviceCheck& device = nullptr);
// The bytes of a file.
[[nodiscard]] Result<std::string> read_text(const std::string& path);

}  // namespace spanway::config
