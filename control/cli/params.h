// SPDX-License-Identifier: BSD-3-Clause
// From the values of a command to the parameters of its request. One thread; reads the files that
// the command names.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/parse.h"
#include "dataplane/base/result.h"

namespace spanway::cli {

// Keys that begin with ! stay here and are not in the answer.
Result<nlohmann::json> params_of(const Parsed& parsed);

// The value behind a key that stays here ("!follow"); empty when it was not given.
std::string own_value(const Parsed& parsed, std::string_view key);

// A whole file; "-" is standard input. kUnavailable or kPermission, with the reason.
Result<std::string> read_file(const std::string& path);

}  // namespace spanway::cli
