// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/setup.h"

#include <rte_eal.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "dataplane/base/check.h"

namespace spanway::bench {
namespace {

// Bytes of large pages that nobody uses.
size_t free_large_pages() {
  FILE* in = std::fopen("/proc/meminfo", "r");
  if (in == nullptr) return 0;
  char line[128];
  unsigned long free = 0, kib = 0;
  while (std::fgets(line, sizeof(line), in) != nullptr) {
    std::sscanf(line, "HugePages_Free: %lu", &free);
    std::sscanf(line, "Hugepagesize: %lu", &kib);
  }
  std::fclose(in);
  return size_t{free} * kib << 10;
}

}  // namespace

bool read_options(int first, int count, char** args, Options& options) {
  for (int i = first; i < count; ++i) {
    const std::string option = args[i];
    if (option == "--only-ours") {
      options.only_ours = true;
      continue;
    }
    if (option == "--kernels") {
      options.kernels = true;
      continue;
    }
    if (i + 1 == count) return false;
    const char* value = args[++i];
    if (option == "--prefixes")
      options.file = value;
    else if (option == "--routes")
      options.routes = std::strtoull(value, nullptr, 10);
    else if (option == "--rounds")
      options.rounds = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    else if (option == "--seed")
      options.seed = std::strtoull(value, nullptr, 10);
    else
      return false;
  }
  return options.rounds != 0;
}

Routes4 routes4_of(const Options& options, size_t made) {
  if (options.file.empty())
    return make_routes4(options.routes != 0 ? options.routes : made, options.seed);
  Routes4 routes = read_routes4(options.file);
  grow4(routes, options.routes, options.seed);
  return routes;
}

Routes6 routes6_of(const Options& options, size_t made) {
  if (!options.file.empty()) return read_routes6(options.file);
  return make_routes6(options.routes != 0 ? options.routes : made, options.seed);
}

void start_dpdk(const char* program, size_t mib) {
  const bool large = free_large_pages() >= mib << 20;
  std::fprintf(stderr, "DPDK's tables: %s\n", large ? "large pages" : "4 KiB pages");
  const std::string memory = std::to_string(mib);
  const char* const arguments[] = {program,
                                   large ? "--in-memory" : "--no-huge",
                                   "--no-pci",
                                   "--no-telemetry",
                                   "--no-shconf",
                                   "-m",
                                   memory.c_str(),
                                   "--log-level=error",
                                   "--force-max-simd-bitwidth=512"};
  std::vector<char*> args;
  for (const char* one : arguments) args.push_back(const_cast<char*>(one));
  SPANWAY_CHECK(rte_eal_init(static_cast<int>(args.size()), args.data()) >= 0);
}

}  // namespace spanway::bench
