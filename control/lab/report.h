// SPDX-License-Identifier: BSD-3-Clause
// What a lab says when it is done, as text and as JSON. Control thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/lab/lab.h"
#include "control/lab/script.h"

namespace spanway::lab {

// "r1 == r2 == r3".
std::string shape_line(const Plan& plan);
// "at 2.0 s cut r1-r2: routes complete again after 3.1 ms".
std::string to_text(const EventResult& event);

// spanway.lab.report/1.
nlohmann::json to_json(const Lab& lab, const Script& script, const Report& report);
std::string to_text(const Lab& lab, const Script& script, const Report& report);

}  // namespace spanway::lab
