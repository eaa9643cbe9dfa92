// SPDX-License-Identifier: BSD-3-Clause
// The grammar as text for people: usage lines, `?`, docs/cli.md, the man page and the bash
// completion. Any thread; no state.
#pragma once

#include <string>

#include "control/cli/complete.h"
#include "control/cli/grammar.h"

namespace spanway::cli {

// "route add PREFIX via ADDRESS [port INTERFACE] ..."
std::string usage(const Command& command);

// The answer to `?`: one line a choice.
std::string help_text(const Choices& choices);
// All commands, by section.
std::string overview();
// One command in full.
std::string explain(const Command& command);

std::string markdown();
std::string scdoc();
std::string bash_completion();

}  // namespace spanway::cli
