// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/ospf.h"

#include <chrono>
#include <cstdio>

namespace spanway::config {

std::optional<OspfAlgorithm> ospf_algorithm(std::string_view name) noexcept {
  for (const auto one :
       {OspfAlgorithm::kSimple, OspfAlgorithm::kMd5, OspfAlgorithm::kHmacSha1,
        OspfAlgorithm::kHmacSha256, OspfAlgorithm::kHmacSha384, OspfAlgorithm::kHmacSha512})
    if (name_of(one) == name) return one;
  return std::nullopt;
}

std::string dotted(uint32_t value) { return Ip4Addr(value).to_string(); }

std::string time_text(int64_t unix_s) {
  const std::chrono::sys_seconds when{std::chrono::seconds(unix_s)};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{when - day};
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return out;
}

}  // namespace spanway::config
