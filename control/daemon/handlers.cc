// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/handlers.h"

#include <time.h>

namespace spanway::daemon {

void add_handlers(api::Server& server, Engine& engine, const ProcessFacts& facts) {
  add_show_handlers(server, engine, facts);
  add_table_handlers(server, engine);
  add_route_handlers(server, engine);
  add_interface_handlers(server, engine);
  add_config_handlers(server, engine);
  add_watch_handlers(server, engine);
  add_ping_handlers(server, engine);
  add_ospf_handlers(server, engine);
  add_transport_handlers(server, engine);
  add_process_handlers(server, facts);
}

int64_t unix_offset_ns(const Clock& clock) {
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  return (seconds(wall.tv_sec) + Nanos(wall.tv_nsec) - clock.now()).ns();
}

}  // namespace spanway::daemon
