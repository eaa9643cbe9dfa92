// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/prefixes.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <span>

#include "dataplane/base/random.h"

namespace spanway::bench {
namespace {

constexpr unsigned kHops = 251;

NextHopId hop_of(uint64_t number) { return NextHopId{static_cast<uint16_t>(1 + number % kHops)}; }

template <class Visit>
void each_line(const std::string& file, Visit visit) {
  const bool packed = file.ends_with(".xz");
  const std::string command = "xz -dc '" + file + "'";
  FILE* in = file == "-" ? stdin : packed ? popen(command.c_str(), "r") : fopen(file.c_str(), "r");
  if (in == nullptr) {
    std::fprintf(stderr, "can not read %s\n", file.c_str());
    std::exit(1);
  }
  char line[256];
  while (std::fgets(line, sizeof(line), in) != nullptr) {
    char text[128];
    unsigned long long number = 0;
    if (std::sscanf(line, "%127s %llu", text, &number) < 1) continue;
    if (const auto prefix = Prefix::parse(text)) visit(*prefix, hop_of(number));
  }
  if (packed)
    pclose(in);
  else if (in != stdin)
    std::fclose(in);
}

// How many of 1,000 prefixes have a length, as seen in today's Internet tables.
struct Share {
  unsigned length, of_1000;
};
constexpr Share kMix4[] = {{12, 1},   {13, 1},  {14, 2},  {15, 4},  {16, 16},  {17, 12},
                           {18, 21},  {19, 39}, {20, 59}, {21, 82}, {22, 184}, {23, 184},
                           {24, 387}, {25, 2},  {26, 2},  {27, 2},  {29, 1},   {32, 1}};
constexpr Share kMix6[] = {{28, 1},  {29, 62}, {30, 6},  {31, 9},  {32, 169}, {33, 11}, {34, 13},
                           {35, 15}, {36, 29}, {37, 16}, {38, 20}, {39, 22},  {40, 48}, {41, 22},
                           {42, 26}, {43, 30}, {44, 59}, {45, 30}, {46, 38},  {47, 57}, {48, 246},
                           {52, 10}, {56, 10}, {58, 6},  {60, 10}, {62, 10},  {64, 20}, {80, 2},
                           {96, 1},  {112, 1}, {128, 1}};

unsigned pick_length(std::span<const Share> mix, Random& random) {
  unsigned total = 0;
  for (const Share& one : mix) total += one.of_1000;
  uint64_t ball = random.below(total);
  for (const Share& one : mix) {
    if (ball < one.of_1000) return one.length;
    ball -= one.of_1000;
  }
  return mix.back().length;
}

}  // namespace

Routes4 read_routes4(const std::string& file) {
  Routes4 routes;
  each_line(file, [&](const Prefix& prefix, NextHopId hop) {
    if (prefix.is4()) routes.push_back({prefix.v4(), hop});
  });
  return routes;
}

Routes6 read_routes6(const std::string& file) {
  Routes6 routes;
  each_line(file, [&](const Prefix& prefix, NextHopId hop) {
    if (!prefix.is4()) routes.push_back({prefix.v6(), hop});
  });
  return routes;
}

Routes4 make_routes4(size_t count, uint64_t seed) {
  Random random(seed);
  Routes4 routes;
  std::set<Prefix4> seen;
  while (routes.size() < count) {
    // Two of three lie close to one that is there already, as real ones do.
    uint32_t address = static_cast<uint32_t>(random());
    if (!routes.empty() && random.below(3) != 0) {
      const uint32_t near = routes[random.below(routes.size())].prefix.addr().value();
      address = (near & 0xffff0000u) | (address & 0xffff);
    }
    if (address >> 24 == 0 || address >> 24 == 127 || address >> 24 >= 224) continue;
    const Prefix4 prefix(Ip4Addr(address), pick_length(kMix4, random));
    if (seen.insert(prefix).second) routes.push_back({prefix, hop_of(random())});
  }
  return routes;
}

Routes6 make_routes6(size_t count, uint64_t seed) {
  static constexpr uint16_t kHeads[] = {
      0x2001, 0x2400, 0x2401, 0x2402, 0x2403, 0x2404, 0x2405, 0x2406, 0x2407, 0x240e, 0x2600,
      0x2602, 0x2604, 0x2605, 0x2606, 0x2607, 0x2620, 0x2800, 0x2801, 0x2803, 0x2804, 0x2806,
      0x2a00, 0x2a01, 0x2a02, 0x2a03, 0x2a04, 0x2a05, 0x2a06, 0x2a07, 0x2a09, 0x2a0a, 0x2a0b,
      0x2a0c, 0x2a0d, 0x2a0e, 0x2a10, 0x2a11, 0x2a12, 0x2a13, 0x2c0f};
  Random random(seed);
  Routes6 routes;
  std::set<Prefix6> seen;
  while (routes.size() < count) {
    uint64_t high = uint64_t{kHeads[random.below(std::size(kHeads))]} << 48 | random() >> 16;
    const unsigned length = pick_length(kMix6, random);
    if (length > 32 && !routes.empty() && random.below(4) != 0) {
      const uint64_t near = routes[random.below(routes.size())].prefix.addr().high();
      high = (near & 0xffffffff'00000000) | (high & 0xffffffff);
    }
    const Prefix6 prefix(Ip6Addr::from_halves(high, random()), length);
    if (seen.insert(prefix).second) routes.push_back({prefix, hop_of(random())});
  }
  return routes;
}

}  // namespace spanway::bench
