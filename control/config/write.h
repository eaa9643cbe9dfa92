// SPDX-License-Identifier: BSD-3-Clause
// A Config to TOML text in one canonical form: parse(write(c)).config == c. Values that equal their
// default are left out. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "control/config/schema.h"

namespace spanway::config {

// kHidden: each secret is written as kHiddenSecret, for who may look only. That text can not be
// read back.
enum class Secrets : uint8_t { kShown, kHidden };
inline constexpr const char* kHiddenSecret = "(hidden)";

[[nodiscard]] std::string write(const Config& config, Secrets secrets = Secrets::kShown);

}  // namespace spanway::config
