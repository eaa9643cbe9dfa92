// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/units.h"

#include <cmath>
#include <cstdio>
#include <ctime>

namespace spanway::cli {
namespace {

std::string two(uint64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); }

}  // namespace

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string three_digits(double value) {
  if (value < 0) return "-" + three_digits(-value);
  constexpr const char* kSteps[] = {"", "k", "M", "G", "T", "P", "E"};
  size_t step = 0;
  // 999.5 would be shown with four digits.
  while (value >= 999.5 && step < 6) {
    value /= 1000;
    ++step;
  }
  if (step == 0 && std::fabs(value - std::round(value)) < 1e-9) return fixed(value, 0);
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fixed(value, decimals) + kSteps[step];
}

std::string rate(double per_second) { return three_digits(per_second) + "/s"; }

std::string bit_rate(double bits_per_second) { return three_digits(bits_per_second) + "b/s"; }

std::string speed(uint64_t bits_per_second) {
  if (bits_per_second == 0) return "-";
  constexpr struct {
    uint64_t unit;
    const char* name;
  } kUnits[] = {{1'000'000'000'000, "T"}, {1'000'000'000, "G"}, {1'000'000, "M"}, {1'000, "k"}};
  for (const auto& [unit, name] : kUnits) {
    if (bits_per_second < unit) continue;
    const double value = static_cast<double>(bits_per_second) / static_cast<double>(unit);
    return (bits_per_second % unit == 0 ? fixed(value, 0) : fixed(value, 1)) + name;
  }
  return std::to_string(bits_per_second);
}

std::string age(uint64_t seconds) {
  constexpr uint64_t kMinute = 60, kHour = 3600, kDay = 86400;
  if (seconds < kMinute) return std::to_string(seconds) + "s";
  if (seconds < kHour) return std::to_string(seconds / kMinute) + "m";
  if (seconds < kDay)
    return std::to_string(seconds / kHour) + "h" + two(seconds % kHour / kMinute) + "m";
  return std::to_string(seconds / kDay) + "d" + two(seconds % kDay / kHour) + "h";
}

std::string bytes(uint64_t count) {
  constexpr const char* kSteps[] = {"KiB", "MiB", "GiB", "TiB"};
  if (count < 1024) return std::to_string(count) + " B";
  double value = static_cast<double>(count) / 1024;
  size_t step = 0;
  for (; value >= 1024 && step < 3; ++step) value /= 1024;
  return fixed(value, 1) + " " + kSteps[step];
}

std::string span_of_us(double us) {
  if (us < 1000) return three_digits(us) + "us";
  if (us < 1e6) return three_digits(us / 1e3) + "ms";
  return three_digits(us / 1e6) + "s";
}

std::string wall_clock(uint64_t unix_ns) {
  const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
  std::tm parts{};
  char text[32];
  if (localtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts) == 0)
    return std::to_string(unix_ns);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03u",
                static_cast<unsigned>(unix_ns / 1'000'000 % 1000));
  return std::string(text) + fraction;
}

}  // namespace spanway::cli
