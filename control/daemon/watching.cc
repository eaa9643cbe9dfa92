// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/watching.h"

#include <algorithm>
#include <array>

namespace spanway::daemon {

Watching::Watching(seam::Published<seam::Watch>& watch, seam::Graveyard& graveyard,
                   const std::vector<std::unique_ptr<seam::Channels>>& channels)
    : watch_(watch), graveyard_(graveyard), channels_(channels) {}

void Watching::publish() {
  watch_.publish(std::make_unique<const seam::Watch>(wanted_), graveyard_);
}

uint64_t Watching::lost(seam::Counter seam::Channels::*counter) const noexcept {
  uint64_t sum = 0;
  for (const auto& channel : channels_) sum += ((*channel).*counter).get();
  return sum;
}

uint32_t Watching::start_trace(const seam::Match& match, uint64_t wanted) {
  const uint32_t id = trace_.id + 1;
  trace_ = TraceState{id, true, std::min(wanted, kMaxTraced), 0, 0, {}};
  trace_lost_before_ = lost(&seam::Channels::trace_lost);
  wanted_.trace_id = id;
  wanted_.trace_match = match;
  wanted_.trace_limit = trace_.wanted;
  publish();
  return id;
}

Status Watching::stop_trace(std::optional<uint32_t> id) {
  if (!trace_.active || (id && *id != trace_.id))
    return Error{ErrorCode::kNotFound, "no such trace runs", "show trace"};
  step();
  trace_.active = false;
  wanted_.trace_id = 0;
  publish();
  return {};
}

Result<uint32_t> Watching::start_capture(const CaptureRequest& request) {
  if (capture_.active)
    return Error{ErrorCode::kExists, "a capture to " + capture_.file + " runs already",
                 "capture stop"};
  auto writer = stats::PcapngWriter::create(request.file, request.overwrite);
  if (!writer) return std::move(writer).error();
  writer_ = std::move(writer).value();
  for (const std::string& name : request.port_names)
    if (auto done = writer_->add_interface(name); !done) return std::move(done).error();
  unix_offset_ns_ = request.unix_offset_ns;
  const uint32_t id = capture_.id + 1;
  capture_ = CaptureState{id, true, request.file, request.port, request.wanted, 0, 0, 0};
  capture_lost_before_ = lost(&seam::Channels::capture_lost);
  wanted_.capture_id = id;
  wanted_.capture_match = request.match;
  wanted_.snap_bytes = request.snap_bytes;
  publish();
  return id;
}

Status Watching::stop_capture(std::optional<uint32_t> id) {
  if (!capture_.active || (id && *id != capture_.id))
    return Error{ErrorCode::kNotFound, "no such capture runs", "capture status"};
  step();
  if (capture_.active) end_capture();
  return {};
}

void Watching::end_capture() {
  capture_.active = false;
  capture_.bytes = writer_->bytes();
  (void)writer_->close();
  writer_.reset();
  wanted_.capture_id = 0;
  publish();
}

void Watching::step() {
  take_traces();
  take_captures();
}

void Watching::take_traces() {
  seam::TraceRecord record;
  for (const auto& channel : channels_)
    while (channel->trace.pop(record)) {
      if (!trace_.active || record.trace_id != trace_.id) continue;
      ++trace_.seen;
      trace_.packets.push_back(record);
      if (trace_.packets.size() < trace_.wanted) continue;
      trace_.active = false;
      wanted_.trace_id = 0;
      publish();
    }
  if (trace_.id != 0) trace_.lost = lost(&seam::Channels::trace_lost) - trace_lost_before_;
}

void Watching::take_captures() {
  seam::CaptureRecord record;
  for (const auto& channel : channels_)
    while (channel->capture.pop(record))
      if (capture_.active && record.capture_id == capture_.id) write(record);
  if (capture_.active) {
    capture_.lost = lost(&seam::Channels::capture_lost) - capture_lost_before_;
    capture_.bytes = writer_->bytes();
  }
}

void Watching::write(const seam::CaptureRecord& record) {
  const Status written = writer_->write(
      record.port, record.outbound, Nanos(unix_offset_ns_ + record.time.ns()),
      record.original_bytes, std::span<const uint8_t>(record.data.data(), record.bytes));
  if (!written) {
    ++capture_.lost;
    return;
  }
  if (++capture_.packets == capture_.wanted) end_capture();
}

}  // namespace spanway::daemon
