// SPDX-License-Identifier: BSD-3-Clause
// A lab file to a Plan. Control thread, at start.
//
// Either a shape ([lab] shape = "ring", routers = 3), a network in GML ([lab] topology =
// "Abilene.gml"), or explicit [[router]], [[wire]] and [[host]]
// tables; docs/lab.md has the whole list. Unknown keys are errors with their place.
#pragma once

#include <string>

#include "control/lab/plan.h"
#include "control/lab/shape.h"
#include "dataplane/base/result.h"

namespace spanway::lab {

// Router configs and a topology named in the file are read relative to it. `guests` asks for Linux
// hosts whatever the file says; `routing`, unless empty, is taken instead of the file's.
Result<Plan> load(const std::string& path, bool guests, const std::string& routing = "");

// "ring:6", a shape and how many routers, or the path of a .gml. `routing`: "static", "ospf" or ""
// (static for a shape, OSPF for a file).
Result<Plan> plan_of(const std::string& topology, ShapeOptions options,
                     const std::string& routing = "");

// Every event comes before the traffic ends.
Status check_events(const Plan& plan);

// Settings in the words of a lab file; empty ones stay as they are.
Status override_settings(Plan& plan, const std::string& seed, const std::string& time,
                         const std::string& duration);

// "10G", "1.5M", "64k", "0" (no limit): bits a second.
Result<uint64_t> parse_rate(const std::string& text);
// "50us", "1.5ms", "2s", "100ns".
Result<Nanos> parse_span(const std::string& text);

}  // namespace spanway::lab
