// SPDX-License-Identifier: BSD-3-Clause
// A Config to TOML text in one canonical form: parse(write(c)).config == c. Values that equal their
// default are left out. Any thread.
#pragma once

#include <string>

#include "control/config/schema.h"

namespace spanway::config {

[[nodiscard]] std::string write(const Config& config);

}  // namespace spanway::config
