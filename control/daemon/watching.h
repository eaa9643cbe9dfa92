// SPDX-License-Identifier: BSD-3-Clause
// Traces and captures: tells the workers what to watch for and collects what they saw. Control
// thread.
//
// One trace and one capture at a time. The packets of the last trace stay until the next one
// starts.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/stats/pcapng_writer.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/published.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::daemon {

struct TraceState {
  uint32_t id = 0;  // 0: there has been none
  bool active = false;
  uint64_t wanted = 0, seen = 0, lost = 0;
  std::vector<seam::TraceRecord> packets;  // at most `wanted`
};

struct CaptureState {
  uint32_t id = 0;
  bool active = false;
  std::string file;
  std::string port;     // empty: all
  uint64_t wanted = 0;  // 0: no end
  uint64_t packets = 0, lost = 0, bytes = 0;
};

class Watching {
 public:
  static constexpr uint64_t kMaxTraced = 100'000;

  Watching(seam::Published<seam::Watch>& watch, seam::Graveyard& graveyard,
           const std::vector<std::unique_ptr<seam::Channels>>& channels);

  // Replaces the trace before it. Returns its id.
  uint32_t start_trace(const seam::Match& match, uint64_t wanted);
  // kNotFound when no trace (or none of that id) runs.
  Status stop_trace(std::optional<uint32_t> id);
  [[nodiscard]] const TraceState& trace() const noexcept { return trace_; }

  struct CaptureRequest {
    std::string file;
    std::string port;
    seam::Match match{};
    uint64_t wanted = 0;
    uint16_t snap_bytes = seam::CaptureRecord::kSnap;
    bool overwrite = false;
    std::vector<std::string> port_names;  // by PortId, for the file's interface blocks
    int64_t unix_offset_ns = 0;
  };
  // kExists when one runs, or the file is there and may not be overwritten.
  Result<uint32_t> start_capture(const CaptureRequest& request);
  Status stop_capture(std::optional<uint32_t> id);
  [[nodiscard]] const CaptureState& capture() const noexcept { return capture_; }

  // Empties the workers' rings. Call at least every few milliseconds while something is watched.
  void step();

 private:
  void publish();
  [[nodiscard]] uint64_t lost(seam::Counter seam::Channels::*counter) const noexcept;
  void take_traces();
  void take_captures();
  void write(const seam::CaptureRecord& record);
  void end_capture();

  seam::Published<seam::Watch>& watch_;
  seam::Graveyard& graveyard_;
  const std::vector<std::unique_ptr<seam::Channels>>& channels_;
  seam::Watch wanted_{};
  TraceState trace_;
  uint64_t trace_lost_before_ = 0;
  CaptureState capture_;
  uint64_t capture_lost_before_ = 0;
  int64_t unix_offset_ns_ = 0;
  std::unique_ptr<stats::PcapngWriter> writer_;
};

}  // namespace spanway::daemon
