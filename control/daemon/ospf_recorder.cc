// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace spanway::daemon {
namespace {

constexpr Nanos kFlushEvery = seconds(1);

}  // namespace

Result<ospf::Journal*> OspfRecorder::begin(ospf::Outlet& outlet) {
  if (path_.empty()) return static_cast<ospf::Journal*>(nullptr);
  journal_.reset();
  file_.close();
  const std::string path = ++lives_ == 1 ? path_ : path_ + "." + std::to_string(lives_);
  const int made = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (made < 0)
    return Error{ErrorCode::kUnavailable,
                 "OSPF can not be recorded to " + path + ": " + std::strerror(errno),
                 "--ospf-record a file that can be written"};
  fchmod(made, 0600);  // it may have been there
  close(made);
  file_.open(path, std::ios::out | std::ios::trunc);
  journal_ = std::make_unique<ospf::Journal>(file_, outlet);
  return journal_.get();
}

void OspfRecorder::flush(Nanos now) {
  if (!journal_ || now < flush_at_) return;
  file_.flush();
  flush_at_ = now + kFlushEvery;
}

}  // namespace spanway::daemon
