// SPDX-License-Identifier: BSD-3-Clause
// A plain table that knows some addresses only, the probes, and moves along a timeline.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/race/timeline.h"

namespace spanway::test {

template <class Prefix, class Address>
class ProbeTable {
 public:
  // No route is there yet; no two are the same.
  ProbeTable(const std::vector<Prefix>& routes, const std::vector<Address>& probes)
      : hops_(routes.size()),
        answers_(probes.size()),
        covers_(probes.size()),
        under_(routes.size()) {
    for (uint32_t probe = 0; probe < probes.size(); ++probe)
      for (unsigned length = kLongest + 1; length-- > 0;)
        for (uint32_t route = 0; route < routes.size(); ++route)
          if (routes[route].length() == length && routes[route].contains(probes[probe])) {
            covers_[probe].push_back(route);
            under_[route].push_back(probe);
          }
  }

  void forward(const Step& step) {
    for (size_t i = 0; i < step.count; ++i) hops_[step.changes[i].route] = step.changes[i].after;
    answer(step);
  }
  void back(const Step& step) {
    for (size_t i = 0; i < step.count; ++i) hops_[step.changes[i].route] = step.changes[i].before;
    answer(step);
  }
  // Whether this is an answer while the next step is under way, its changes being made in any
  // order.
  [[nodiscard]] bool possible(const Step& step, uint32_t probe, uint16_t hop) const {
    for (const uint32_t route : covers_[probe]) {
      const uint16_t before = hops_[route];
      uint16_t after = before;
      for (size_t i = 0; i < step.count; ++i)
        if (step.changes[i].route == route) after = step.changes[i].after;
      if (hop != 0 && (hop == before || hop == after)) return true;
      if (before != 0 && after != 0) return false;
    }
    return hop == 0;
  }
  // By probe.
  [[nodiscard]] const std::vector<uint16_t>& answers() const { return answers_; }

 private:
  static constexpr unsigned kLongest = sizeof(Address) * 8;

  void answer(const Step& step) {
    for (size_t i = 0; i < step.count; ++i)
      for (const uint32_t probe : under_[step.changes[i].route]) answers_[probe] = look_up(probe);
  }
  [[nodiscard]] uint16_t look_up(uint32_t probe) const {
    for (const uint32_t route : covers_[probe])
      if (hops_[route] != 0) return hops_[route];
    return 0;
  }

  std::vector<uint16_t> hops_;                 // by route
  std::vector<uint16_t> answers_;              // by probe
  std::vector<std::vector<uint32_t>> covers_;  // routes by probe, the longest first
  std::vector<std::vector<uint32_t>> under_;   // probes by route
};

}  // namespace spanway::test
