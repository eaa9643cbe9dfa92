// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/interrupt.h"

#include <cmath>
#include <ctime>

namespace spanway::cli {
namespace {

volatile std::sig_atomic_t stop_asked = 0;
volatile std::sig_atomic_t signals = 0;

void note(int) {
  stop_asked = 1;
  signals = signals + 1;
}

}  // namespace

Interrupts::Interrupts() {
  stop_asked = 0;
  struct sigaction action {};
  action.sa_handler = note;  // no SA_RESTART: a sleep shall end
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &int_before_);
  sigaction(SIGTERM, &action, &term_before_);
}

Interrupts::~Interrupts() {
  sigaction(SIGINT, &int_before_, nullptr);
  sigaction(SIGTERM, &term_before_, nullptr);
}

bool Interrupts::asked() noexcept { return stop_asked != 0; }
int Interrupts::count() noexcept { return signals; }
void Interrupts::forget() noexcept { stop_asked = 0; }

bool Interrupts::sleep(double seconds) {
  // In slices: a signal that comes just before a sleep would not end it.
  for (double left = seconds; left > 0 && !asked(); left -= 0.05) {
    const double slice = std::min(left, 0.05);
    timespec span{0, static_cast<long>(slice * 1e9)};
    nanosleep(&span, nullptr);
  }
  return !asked();
}

}  // namespace spanway::cli
