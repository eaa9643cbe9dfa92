// SPDX-License-Identifier: BSD-3-Clause
// DPDK's environment layer: started once a process, quietly, without threads or files of its own
// that would be left behind.
//
// start_eal() and take_eal_log() belong to the control thread; EalThread to any thread.
#pragma once

#include <string>
#include <vector>

#include "dataplane/base/result.h"

namespace spanway::drivers {

enum class Memory : uint8_t {
  kAuto,       // hugepages when enough are free, else none
  kHugepages,  // or fail
  kNone,       // ordinary pages: no root, slower on real cards
};

struct EalOptions {
  Memory memory = Memory::kAuto;
  unsigned memory_mb = 512;
  // Cards that EAL may touch at its start, by full PCI address. Others may be added later by
  // open_port(); no card is ever touched that was not named.
  std::vector<std::string> pci;
  // CPUs for the calling thread and EAL's interrupt thread; empty: where the caller runs now.
  std::vector<unsigned> cpus;
  bool verbose = false;  // DPDK's own log goes to stderr
};

// Starts EAL. Doing so again is no error and changes nothing.
Status start_eal(const EalOptions& options);
[[nodiscard]] bool eal_uses_hugepages();

// What DPDK has logged since the last call: the newest 16 KiB. Empty under EalOptions::verbose.
std::string take_eal_log();
// The first line of that log which speaks of an error, without DPDK's prefix; takes the log.
std::string take_eal_complaint();

// EAL's fatal words and those of some drivers' libraries go to stderr, past its log. While this
// lives they land in the log instead, and so does whatever else the process says there.
class CapturedStderr {
 public:
  CapturedStderr();
  ~CapturedStderr();
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

 private:
  int file_, saved_;
};

// Free hugepage memory of all sizes, in MiB.
unsigned free_hugepage_mb();

// Makes the calling thread known to DPDK for as long as it lives, so that it has its own cache in
// front of each buffer pool. A thread that can not be registered still works, more slowly.
class EalThread {
 public:
  EalThread() noexcept;
  ~EalThread();
  EalThread(const EalThread&) = delete;
  EalThread& operator=(const EalThread&) = delete;
  [[nodiscard]] bool registered() const noexcept { return registered_; }

 private:
  bool registered_ = false;
};

}  // namespace spanway::drivers
