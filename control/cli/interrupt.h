// SPDX-License-Identifier: BSD-3-Clause
// Ctrl-C as a question that a loop asks, instead of the end of the program. One thread.
#pragma once

#include <csignal>

namespace spanway::cli {

// While one lives SIGINT and SIGTERM only set a flag. They may be nested.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  [[nodiscard]] static bool asked() noexcept;
  // How often somebody asked since the program began: for who must tell a new one from an old one.
  [[nodiscard]] static int count() noexcept;
  static void forget() noexcept;
  // Waits, or returns false at once when somebody asks to stop.
  static bool sleep(double seconds);

 private:
  struct sigaction int_before_, term_before_;
};

}  // namespace spanway::cli
