// SPDX-License-Identifier: BSD-3-Clause
// lab.status, lab.cut, lab.mend, lab.picture, on every router's control socket. Control thread.
#pragma once

#include "control/api/server.h"

namespace spanway::lab {

class Lab;
void add_handlers(api::Server& server, Lab& lab);

}  // namespace spanway::lab
