// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/doctor.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "drivers/dpdk/preflight.h"

namespace spanway::daemon {

using nlohmann::json;

json doctor_report(const std::string& device) {
  json checks = json::array();
  bool ready = true;
  for (const drivers::Finding& finding : drivers::preflight(device)) {
    ready = ready && finding.level != drivers::Finding::Level::kFail;
    checks.push_back({{"name", finding.name},
                      {"status", std::string(drivers::level_name(finding.level))},
                      {"detail", finding.what},
                      {"fix", finding.fix}});
  }
  return {{"schema", "spanway.doctor/1"},
          {"device", device.empty() ? json(nullptr) : json(device)},
          {"ready", ready},
          {"checks", std::move(checks)}};
}

int run_doctor(const std::string& device, bool as_json) {
  const json report = doctor_report(device);
  if (as_json) {
    std::printf("%s\n", report.dump().c_str());
  } else {
    for (const json& check : report["checks"]) {
      std::printf("%-5s %-12s %s\n", check["status"].get_ref<const std::string&>().c_str(),
                  check["name"].get_ref<const std::string&>().c_str(),
                  check["detail"].get_ref<const std::string&>().c_str());
      if (const auto& fix = check["fix"].get_ref<const std::string&>(); !fix.empty())
        std::printf("      %-12s try: %s\n", "", fix.c_str());
    }
  }
  return report["ready"].get<bool>() ? 0 : 1;
}

}  // namespace spanway::daemon
