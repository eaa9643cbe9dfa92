// SPDX-License-Identifier: BSD-3-Clause
// Judges Prometheus text (exposition format 0.0.4) as a strict scraper would.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace spanway::test {

struct ExpositionCheck {
  std::string fault;  // the first one, with its line; empty: all is well
  size_t samples = 0;
  std::map<std::string, double> values;  // by the sample's name and labels, as written
};

ExpositionCheck check_exposition(const std::string& text);

}  // namespace spanway::test
