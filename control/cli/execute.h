// SPDX-License-Identifier: BSD-3-Clause
// From a command that was understood to its outcome. One thread.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "control/cli/complete.h"
#include "control/cli/parse.h"
#include "control/cli/session.h"
#include "control/cli/text_table.h"

namespace spanway::cli {

// Where the program reads and writes.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool terminal_in = false;
  bool terminal_out = false;
};

struct Context {
  Session& session;
  Streams& io;
  Style style;
  bool json = false;  // then nothing is printed on the way; the caller prints the outcome
  std::optional<double> watch_s;
  bool scripted = false;  // more commands may follow
  bool leave = false;     // `exit` was said
};

// Text goes to io.out as it comes; the outcome has the whole result either way.
Outcome execute(Context& context, const Parsed& parsed);

// The actions that are more than one request.
Outcome run_top(Context& context, const Parsed& parsed);
Outcome run_events(Context& context, const Parsed& parsed);
Outcome run_ping(Context& context, const Parsed& parsed);
Outcome run_transport_ping(Context& context, const Parsed& parsed);
Outcome run_transport_perf(Context& context, const Parsed& parsed);
Outcome run_traceroute(Context& context, const Parsed& parsed);
Outcome run_batch(Context& context, const Parsed& parsed);

// What spanwayd is told for `spanway lab`: its options have the names that they have here.
std::vector<std::string> lab_arguments(const Parsed& parsed);

// Becomes, or runs, the program spanwayd that stands beside this one or in $PATH.
Outcome run_daemon_program(Context& context, const std::vector<std::string>& arguments);

// Names that are there now, for completion; nothing when the daemon does not answer quickly.
Names names_from(Session& session);

}  // namespace spanway::cli
