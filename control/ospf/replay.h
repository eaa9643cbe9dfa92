// SPDX-License-Identifier: BSD-3-Clause
// A run of OSPF over again from its journal (journal.h), and whether it went the same way. No
// network is needed, and no time passes. Control thread.
#pragma once

#include <cstddef>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "control/ospf/instance.h"
#include "dataplane/base/result.h"

namespace spanway::ospf {

struct Replay {
  size_t lines = 0;  // of the journal
  size_t packets_sent = 0, route_changes = 0;
  // The first line that this run wrote otherwise; nullopt: it went the same way.
  struct Difference {
    size_t line = 0;  // from 1
    std::string recorded, now;
  };
  std::optional<Difference> difference{};
  // As it was when the journal ended, and when that was.
  Nanos end{};
  std::unique_ptr<Instance> instance;

  // What `instance` speaks to; it outlives it.
  struct Ground;
  std::shared_ptr<Ground> ground;
};

// Fails where a line can not be read, and says which. A journal that breaks off in the middle of an
// input's consequences, as one of a process that was killed, is good up to there.
Result<Replay> replay(std::istream& journal);

}  // namespace spanway::ospf
