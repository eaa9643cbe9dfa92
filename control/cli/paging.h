// SPDX-License-Identifier: BSD-3-Clause
// The arguments of commands whose answer may be long.
#pragma once

#include "control/cli/grammar.h"

namespace spanway::cli {

inline const Argument kLimit{.keyword = "limit",
                             .name = "N",
                             .type = Type::kInteger,
                             .key = "limit",
                             .help = "at most so many lines",
                             .min = 1,
                             .max = 10000};
inline const Argument kOffset{.keyword = "offset",
                              .name = "N",
                              .type = Type::kInteger,
                              .key = "offset",
                              .help = "skip so many",
                              .max = INT64_MAX};

}  // namespace spanway::cli
