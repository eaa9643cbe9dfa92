// SPDX-License-Identifier: BSD-3-Clause
// Numbers as people read them. Counters stay exact; rates, speeds and ages are rounded. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace spanway::cli {

std::string three_digits(double value);         // 1.56M, 48.0k, 999, 0
std::string rate(double per_second);            // 1.56M/s
std::string bit_rate(double bits_per_second);   // 799Mb/s
std::string speed(uint64_t bits_per_second);    // 10G, 2.5G, 100M; - when it is 0
std::string age(uint64_t seconds);              // 12s, 4m, 3h12m, 3d02h
std::string bytes(uint64_t count);              // 64.0 MiB
std::string fixed(double value, int decimals);  // 134.2
// 184us below a millisecond, then 1.84ms, 1.21s.
std::string span_of_us(double us);
// "2025-10-09 08:53:20.123" in local time.
std::string wall_clock(uint64_t unix_ns);

}  // namespace spanway::cli
