// SPDX-License-Identifier: BSD-3-Clause
// The options of the program, taken out of a line so that only the command's words remain.
// Any thread; no state.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "control/cli/parse.h"
#include "control/cli/token.h"

namespace spanway::cli {

struct Settings {
  bool json = false;
  bool keep_going = false;
  bool help = false;
  bool version = false;
  std::optional<double> watch_s;
  std::optional<double> timeout_s;
  std::optional<std::string> socket;
  std::optional<std::string> script;
};

struct Separated {
  Settings settings;
  Line line;  // the same text, without the words of options
};

// Options may stand anywhere, up to the words that go to another program (lab, doctor).
std::variant<Separated, Complaint> separate(const Line& line);

// Where the daemon listens: -s, $SPANWAY_SOCKET, /run/spanway/api.sock, and for others than root
// $XDG_RUNTIME_DIR/spanway/api.sock when only that one is there.
std::string socket_path(const Settings& settings);

}  // namespace spanway::cli
