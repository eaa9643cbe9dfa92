// SPDX-License-Identifier: BSD-3-Clause
// What a stage may use during one turn. Built by the worker at the start of the turn; one worker.
#pragma once

#include "dataplane/base/token_bucket.h"
#include "dataplane/base/units.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/counters.h"
#include "dataplane/stage/output.h"
#include "dataplane/table/tables.h"

namespace spanway::stage {

class Hold;
class Listener;

struct Context {
  // Borrowed for this turn.
  const table::Tables& tables;
  const table::InterfaceSet* interfaces;
  const seam::Watch* watch;
  Nanos now;
  bool timing = false;  // count cycles for each stage
  // The worker's own.
  seam::WorkerCounters& counters;
  seam::Channels& channels;
  const BufferSource& buffers;
  Output& output;
  Hold& hold;
  TokenBucket& icmp_errors;
  TokenBucket& local_fragments;
  Listener& listener;
};

}  // namespace spanway::stage
