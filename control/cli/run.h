// SPDX-License-Identifier: BSD-3-Clause
// The whole program, given its words and its streams: so that tests can run it in their own
// process. One thread.
#pragma once

#include <string>
#include <vector>

#include "control/cli/execute.h"
#include "control/cli/settings.h"

namespace spanway::cli {

// `arguments` without the program's name. Returns the exit code.
int run(const std::vector<std::string>& arguments, Streams& streams);

// One line that stands by itself: its options, its command, its answer or its error. With
// `collected` (a script with -j) nothing is printed, the document goes there. `where` ("file:3")
// leads an error.
int run_line(Context& context, const Line& line, const std::string& where,
             nlohmann::json* collected);

// Lines from a file ("-" is standard input) until the first error, or to the end.
int run_script(Context& context, const std::string& path, bool keep_going);

// The interactive shell.
int run_shell(Context& context);

// The answer to `--complete LINE`: one candidate a line; "@files" asks for file names.
std::string complete_line(const std::string& line, const Names& names);

// The error as people read it: the line, a caret, the way out.
std::string failure_text(const Failure& failure, const Style& style);

}  // namespace spanway::cli
