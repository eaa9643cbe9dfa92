// SPDX-License-Identifier: BSD-3-Clause
// What this machine, and one device, still need before they can forward. Control thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace spanway::daemon {

// The result of the method doctor (docs/api.md).
nlohmann::json doctor_report(const std::string& device);
// `spanwayd --doctor`: prints the report; 0 when nothing failed, else 1.
int run_doctor(const std::string& device, bool json);

}  // namespace spanway::daemon
