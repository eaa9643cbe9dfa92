// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/incoming.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace spanway::transport {
namespace {

// Units behind a piece that are asked for before they are written.
constexpr uint32_t kMostAhead = 32;

}  // namespace

Incoming::Stream::Stream(std::span<uint8_t> ring, uint32_t window_messages)
    : memory(ring.data()),
      unit_mask(static_cast<uint32_t>(ring.size() / kUnitBytes) - 1),
      message_mask(std::bit_ceil(window_messages) - 1),
      messages(zeroed<Message>(size_t{message_mask} + 1)),
      had(unit_mask + 1),
      told_messages(window_messages),
      told_place(unit_mask + 1) {}

Incoming::Incoming(const Params& ours, std::span<uint8_t> memory)
    : window_messages_(ours.window_messages),
      window_units_(ours.window_bytes / kUnitBytes),
      most_bytes_(most_message_bytes(ours)) {
  streams_.reserve(ours.streams);
  for (size_t i = 0; i < ours.streams; ++i)
    streams_.emplace_back(memory.subspan(i * ours.window_bytes, ours.window_bytes),
                          window_messages_);
}

Fits Incoming::look(const Frame& frame) const noexcept {
  if (frame.stream >= streams_.size()) return Fits::kOverrun;
  const Stream& stream = streams_[frame.stream];
  const uint32_t ahead = frame.message - stream.head;
  // Up to half of the circle behind is what was released.
  if (ahead >= window_messages_)
    return static_cast<int32_t>(ahead) < 0 ? Fits::kKnown : Fits::kOverrun;
  const Message& message = stream.message(frame.message);
  const uint32_t first = frame.place + frame.offset / kUnitBytes;
  const uint32_t count = units_of(static_cast<uint32_t>(frame.bytes.size()));
  if (message.bytes != 0) {
    if (message.bytes != frame.total || message.place != frame.place) return Fits::kOverrun;
    if (message.missing == 0) return Fits::kKnown;
    return stream.had.next_clear(first, first + count) == first + count ? Fits::kKnown : Fits::kNew;
  }
  const uint32_t units = units_of(frame.total);
  const uint32_t from_free = frame.place - stream.released;
  if (frame.total > most_bytes_ || from_free >= window_units_ ||
      units > window_units_ - from_free || (frame.place & stream.unit_mask) + units > window_units_)
    return Fits::kOverrun;
  return stream.had.any(first, count) ? Fits::kOverrun : Fits::kNew;
}

Fits Incoming::take(const Frame& frame) noexcept {
  const Fits fits = look(frame);
  if (fits != Fits::kNew) return fits;
  Stream& stream = streams_[frame.stream];
  Message& message = stream.message(frame.message);
  if (message.bytes == 0) message = {frame.place, frame.total, units_of(frame.total)};
  message.missing -= fill(stream, frame.place + frame.offset / kUnitBytes, frame.bytes);
  if (message.missing == 0 && frame.message == stream.head + stream.taken)
    ready_.push(frame.stream);
  return Fits::kNew;
}

uint32_t Incoming::fill(Stream& stream, uint32_t place, std::span<const uint8_t> bytes) noexcept {
  const uint32_t end = place + units_of(static_cast<uint32_t>(bytes.size()));
  if (!stream.had.any(place, end - place)) [[likely]] {
    std::memcpy(stream.at(place), bytes.data(), bytes.size());
    // Most likely where the next packet goes: a ring is larger than the caches.
    for (uint32_t next = end, last = end + std::min(end - place, kMostAhead); next != last; ++next)
      __builtin_prefetch(stream.at(next), 1);
    return stream.had.set(place, end - place);
  }
  uint32_t added = 0;
  for (uint32_t at = place;;) {
    const uint32_t from = stream.had.next_clear(at, end);
    if (from == end) return added;
    at = stream.had.next_set(from, end);
    const size_t skipped = size_t{from - place} * kUnitBytes;
    std::memcpy(stream.at(from), bytes.data() + skipped,
                std::min<size_t>(size_t{at - from} * kUnitBytes, bytes.size() - skipped));
    added += stream.had.set(from, at - from);
  }
}

// The first message that is ready is taken.
void Incoming::pass() noexcept {
  Stream& stream = streams_[ready_.front()];
  const Message& after = stream.message(stream.head + ++stream.taken);
  if (stream.taken != window_messages_ && after.bytes != 0 && after.missing == 0)
    ready_.rotate();
  else
    ready_.pop();
}

bool Incoming::release(uint16_t number) noexcept {
  if (number >= streams_.size() || streams_[number].taken == 0) return false;
  Stream& stream = streams_[number];
  Message& message = stream.message(stream.head);
  const uint32_t units = units_of(message.bytes), end = message.place + units;
  stream.had.clear(message.place, units);
  if (reaches(stream.released, end)) stream.released = end;
  message.bytes = 0;
  ++stream.head;
  --stream.taken;
  // A word for half a window, not for each message.
  const uint32_t messages = stream.head + window_messages_ - stream.told_messages;
  const uint32_t more = stream.released + window_units_ - stream.told_place;
  if (messages >= (window_messages_ + 1) / 2 || more >= window_units_ / 2) tell_.push(number);
  return true;
}

std::optional<uint16_t> Incoming::write_window(BodyWriter& body) noexcept {
  if (tell_.empty()) return std::nullopt;
  const uint16_t number = tell_.front();
  Stream& stream = streams_[number];
  const uint32_t messages = stream.head + window_messages_;
  const uint32_t place = stream.released + window_units_;
  if (!body.window(number, messages, place)) return std::nullopt;
  stream.told_messages = messages;
  stream.told_place = place;
  tell_.pop();
  return number;
}

}  // namespace spanway::transport
