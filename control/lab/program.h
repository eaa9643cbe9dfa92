// SPDX-License-Identifier: BSD-3-Clause
// `spanwayd --lab`: a lab file from start to report. Control thread.
#pragma once

#include <functional>
#include <string>

#include "dataplane/base/result.h"

namespace spanway::lab {

struct ProgramOptions {
  std::string file;      // or
  std::string topology;  // "ring:6" or "FILE.gml"; one of the two
  // As a lab file has them; empty: what the file says, or the default.
  std::string seed, time, duration, routing;
  std::string picture;  // where to draw the lab at the end of its traffic; empty: nowhere
  std::string run_dir;  // for control sockets; empty: /spanway-lab or /tmp/spanway-lab-UID
  bool guests = false;
  bool stay = false;
  bool json = false;
  bool verbose = false;
};

// Prints as it goes; an error when anything was lost that nothing explains.
Status run_program(const ProgramOptions& options, const std::function<bool()>& stop);

}  // namespace spanway::lab
