// SPDX-License-Identifier: BSD-3-Clause
// spanway: the control program.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "control/cli/run.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    setenv("COLUMNS", std::to_string(size.ws_col).c_str(), 0);
  spanway::cli::Streams streams{std::cin, std::cout, std::cerr, isatty(STDIN_FILENO) == 1,
                                out_is_terminal};
  try {
    const int code = spanway::cli::run({argv + 1, argv + argc}, streams);
    std::cout.flush();
    if (!std::cout) {
      std::cerr << "spanway: can not write to standard output\n";
      return spanway::cli::kRefused;
    }
    return code;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "spanway: internal fault: %s\n", fault.what());
    return spanway::cli::kRefused;
  }
}
