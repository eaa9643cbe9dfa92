// SPDX-License-Identifier: BSD-3-Clause
// The methods of docs/api.md, answered from an Engine. Control thread.
#pragma once

#include <functional>
#include <string>

#include "control/api/server.h"
#include "control/daemon/engine.h"
#include "dataplane/base/clock.h"

namespace spanway::daemon {

// What only the process knows.
struct ProcessFacts {
  std::function<void()> stop;    // ends the daemon; empty: daemon.stop is refused
  std::vector<int> worker_cpus;  // by worker; -1 not pinned; may be shorter
  bool workers_run = true;       // false: nobody gives turns (virtual time between runs)
};

// Adds every method; `engine` outlives the server.
void add_handlers(api::Server& server, Engine& engine, const ProcessFacts& facts = {});

// Wall-clock minus engine time, in nanoseconds, for a clock that runs in real time.
int64_t unix_offset_ns(const Clock& clock);

// The parts, one file each.
void add_show_handlers(api::Server& server, Engine& engine, const ProcessFacts& facts);
void add_table_handlers(api::Server& server, Engine& engine);
void add_route_handlers(api::Server& server, Engine& engine);
void add_interface_handlers(api::Server& server, Engine& engine);
void add_config_handlers(api::Server& server, Engine& engine);
void add_watch_handlers(api::Server& server, Engine& engine);
void add_ping_handlers(api::Server& server, Engine& engine);
void add_ospf_handlers(api::Server& server, Engine& engine);
void add_ospf_database_handlers(api::Server& server, Engine& engine);  // by add_ospf_handlers()
void add_ospf_change_handlers(api::Server& server, Engine& engine);    // by add_ospf_handlers()
void add_transport_handlers(api::Server& server, Engine& engine);
void add_process_handlers(api::Server& server, const ProcessFacts& facts);

}  // namespace spanway::daemon
