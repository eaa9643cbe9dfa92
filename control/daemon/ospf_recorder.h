// SPDX-License-Identifier: BSD-3-Clause
// The file that a router's OSPF is recorded to (`spanwayd --ospf-record`), one for each life of the
// instance: FILE, FILE.2 and so on. Control thread.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "control/ospf/journal.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::daemon {

class OspfRecorder {
 public:
  // An empty path: nothing is recorded.
  explicit OspfRecorder(std::string path) : path_(std::move(path)) {}

  // Begins a journal before `outlet`, which outlives it; nullptr when nothing is to be recorded.
  // The file can be read by its owner alone: it has the keys of authentication in it.
  Result<ospf::Journal*> begin(ospf::Outlet& outlet);
  // What is written so far is in the file. Does so once a second.
  void flush(Nanos now);

 private:
  std::string path_;
  unsigned lives_ = 0;
  std::ofstream file_;
  std::unique_ptr<ospf::Journal> journal_;
  Nanos flush_at_{};
};

}  // namespace spanway::daemon
