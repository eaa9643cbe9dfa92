// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/prefixes.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <span>

#include "bench/micro/addresses.h"
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
constexpr Share kMix4[] = {{12, 1},   {13, 1},  {14, 2},  {15, 4},  {16, 12},  {17, 9},
                           {18, 16},  {19, 31}, {20, 48}, {21, 70}, {22, 170}, {23, 190},
                           {24, 438}, {25, 2},  {26, 2},  {27, 2},  {29, 1},   {32, 1}};
// What holders were given, before they announced parts of it.
constexpr Share kHeld4[] = {{12, 2},   {13, 4},  {14, 9},   {15, 20},  {16, 80},
                            {17, 45},  {18, 80}, {19, 150}, {20, 180}, {21, 120},
                            {22, 200}, {23, 40}, {24, 70}};
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

// The Internet's table is a few tens of thousands of /16s, some much more crowded than others, in
// which holders announce parts of what they hold. Measured against a real table of 564,580 routes
// and its growth to 1,000,000: /16s in use, /19s with more than one answer and stretches of equal
// /24s in these come out within a tenth.
Routes4 make_routes4(size_t count, uint64_t seed) {
  constexpr size_t kBlocks = 40'000;  // of /16
  Random random(seed);
  std::vector<uint32_t> blocks;
  while (blocks.size() < kBlocks) {
    const uint32_t block = static_cast<uint32_t>(random() >> 48);
    const uint32_t first = block >> 8;
    if (first != 0 && first != 10 && first != 127 && first < 224) blocks.push_back(block << 16);
  }
  Routes4 routes;
  std::set<Prefix4> seen;
  while (routes.size() < (count * 12 + 99) / 100) {
    const double skew = random.unit();
    const uint32_t block = blocks[static_cast<size_t>(kBlocks * skew * skew)];
    const Prefix4 prefix(Ip4Addr(block | static_cast<uint16_t>(random())),
                         pick_length(kHeld4, random));
    if (seen.insert(prefix).second) routes.push_back({prefix, hop_of(random())});
  }
  grow4(routes, count, random());
  return routes;
}

void grow4(Routes4& routes, size_t count, uint64_t seed) {
  Random random(seed);
  std::set<Prefix4> seen;
  std::vector<Route<Prefix4>> parents;
  const auto add = [&](const Route<Prefix4>& route) {
    if (!seen.insert(route.prefix).second) return false;
    if (route.prefix.length() < 24) parents.push_back(route);
    return true;
  };
  for (const auto& route : routes) add(route);
  while (routes.size() < count && !parents.empty()) {
    const Route<Prefix4> parent = parents[random.below(parents.size())];
    const unsigned length = pick_length(kMix4, random);
    if (length <= parent.prefix.length()) continue;
    const Route<Prefix4> part{Prefix4(random_in(parent.prefix, random), length),
                              random.below(2) == 0 ? parent.hop : hop_of(random())};
    if (add(part)) routes.push_back(part);
  }
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
