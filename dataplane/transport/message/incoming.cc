// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/incoming.h"

#include <algorithm>
#include <cstring>

namespace spanway::transport {

Incoming::Incoming(const Params& ours)
    : window_messages_(ours.window_messages),
      window_bytes_(ours.window_bytes),
      streams_(ours.streams) {
  for (Stream& stream : streams_) {
    stream.told_messages = window_messages_;
    stream.told_bytes = window_bytes_;
  }
}

Fits Incoming::look(const Frame& frame) const noexcept {
  if (frame.stream >= streams_.size()) return Fits::kOverrun;
  const Stream& stream = streams_[frame.stream];
  const uint32_t at = frame.message - stream.head;
  // Up to half of the circle behind is what was consumed.
  if (static_cast<int32_t>(at) < 0) return Fits::kKnown;
  if (at >= window_messages_) return Fits::kOverrun;
  const bool begun = at < stream.held.size() && stream.held[at].begun;
  if (!begun) return frame.total <= window_bytes_ - stream.held_bytes ? Fits::kNew : Fits::kOverrun;
  const Message& message = stream.held[at];
  if (message.bytes.size() != frame.total) return Fits::kOverrun;
  const uint32_t first = frame.offset / kUnitBytes;
  const uint32_t end = first + units_of(static_cast<uint32_t>(frame.bytes.size()));
  return message.have.next_absent(first, end) == end ? Fits::kKnown : Fits::kNew;
}

Fits Incoming::take(const Frame& frame) {
  const Fits fits = look(frame);
  if (fits != Fits::kNew) return fits;
  Stream& stream = streams_[frame.stream];
  const uint32_t at = frame.message - stream.head;
  if (at >= stream.held.size()) stream.held.resize(at + 1);
  Message& message = stream.held[at];
  if (!message.begun) {
    message.begun = true;
    message.bytes.resize(frame.total);
    message.have.reset(frame.total);
    stream.held_bytes += frame.total;
  }
  std::memcpy(message.bytes.data() + frame.offset, frame.bytes.data(), frame.bytes.size());
  message.have.add(frame.offset / kUnitBytes, units_of(static_cast<uint32_t>(frame.bytes.size())));
  if (at == stream.taken) offer(frame.stream);
  return Fits::kNew;
}

void Incoming::offer(uint16_t number) {
  Stream& stream = streams_[number];
  if (stream.held.size() == stream.taken) return;
  Message& first = stream.held[stream.taken];
  if (!first.begun || first.ready || !first.have.full()) return;
  first.ready = true;
  ready_.push_back(number);
}

std::optional<Received> Incoming::next() const noexcept {
  if (ready_.empty()) return std::nullopt;
  const Stream& stream = streams_[ready_.front()];
  return Received{ready_.front(), stream.held[stream.taken].bytes};
}

std::optional<Received> Incoming::take_next() {
  const auto message = next();
  if (!message) return std::nullopt;
  ready_.pop_front();
  ++streams_[message->stream].taken;
  offer(message->stream);
  return message;
}

void Incoming::consume() { release(take_next()->stream); }

bool Incoming::release(uint16_t number) {
  if (number >= streams_.size() || streams_[number].taken == 0) return false;
  Stream& stream = streams_[number];
  --stream.taken;
  const auto bytes = static_cast<uint32_t>(stream.held.front().bytes.size());
  stream.held.pop_front();
  ++stream.head;
  stream.held_bytes -= bytes;
  stream.consumed_bytes += bytes;
  // A word for half a window, not for each message.
  const uint32_t messages = stream.head + window_messages_ - stream.told_messages;
  const uint32_t more = stream.consumed_bytes + window_bytes_ - stream.told_bytes;
  if (messages >= (window_messages_ + 1) / 2 || more >= (window_bytes_ + 1) / 2) tell(number);
  return true;
}

void Incoming::tell(uint16_t number) {
  if (streams_[number].telling) return;
  streams_[number].telling = true;
  tell_.push_back(number);
}

void Incoming::tell_again(uint16_t stream) { tell(stream); }

std::optional<uint16_t> Incoming::write_window(BodyWriter& body) {
  if (tell_.empty()) return std::nullopt;
  const uint16_t number = tell_.front();
  Stream& stream = streams_[number];
  const uint32_t messages = stream.head + window_messages_;
  const uint32_t bytes = stream.consumed_bytes + window_bytes_;
  if (!body.window(number, messages, bytes)) return std::nullopt;
  stream.told_messages = messages;
  stream.told_bytes = bytes;
  stream.telling = false;
  tell_.pop_front();
  return number;
}

}  // namespace spanway::transport
