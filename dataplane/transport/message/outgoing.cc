// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/outgoing.h"

#include <algorithm>
#include <bit>

#include "dataplane/base/check.h"

namespace spanway::transport {
namespace {

// Bytes behind a piece that are asked for before they are read.
constexpr uint32_t kMostAhead = 2'048;

}  // namespace

Outgoing::Stream::Stream(const Params& theirs, uint32_t most, uint32_t span)
    : messages(zeroed<Message>(std::bit_ceil(most))),
      message_mask(std::bit_ceil(most) - 1),
      unit_mask(theirs.window_bytes / kUnitBytes - 1),
      window_messages(theirs.window_messages),
      span_units(std::min(theirs.window_bytes, span) / kUnitBytes),
      may_messages(theirs.window_messages),
      may_place(theirs.window_bytes / kUnitBytes),
      had(span_units),
      lost(span_units) {}

Outgoing::Outgoing(const Params& theirs, uint32_t most, uint32_t span)
    : most_(most),
      most_bytes_(std::min(most_message_bytes(theirs), span / 2)),
      done_mask_(std::bit_ceil(most * theirs.streams) - 1) {
  SPANWAY_CHECK(std::has_single_bit(span) && span >= kLeastWindowBytes);
  done_ = zeroed<uint64_t>(size_t{done_mask_} + 1);
  streams_.reserve(theirs.streams);
  for (size_t i = 0; i < theirs.streams; ++i) streams_.emplace_back(theirs, most, span);
}

Taken Outgoing::send(uint16_t number, std::span<const uint8_t> bytes, uint64_t tag) noexcept {
  if (number >= streams_.size()) return Taken::kNoStream;
  if (bytes.empty()) return Taken::kEmpty;
  if (bytes.size() > most_bytes_) return Taken::kTooLong;
  Stream& stream = streams_[number];
  if (stream.end - stream.base >= most_ || open_ + (done_end_ - done_first_) > done_mask_)
    return Taken::kFull;
  const auto size = static_cast<uint32_t>(bytes.size());
  stream.message(stream.end++) = {bytes.data(), tag, size, 0, units_of(size)};
  ++open_;
  if (may_go_on(stream)) turns_.push(number);
  return Taken::kYes;
}

bool Outgoing::believes(uint16_t number, uint32_t messages, uint32_t place) const noexcept {
  if (number >= streams_.size()) return false;
  const Stream& stream = streams_[number];
  // An old word, overtaken by a newer one, says nothing.
  if (reaches(messages, stream.may_messages) && reaches(place, stream.may_place)) return true;
  const uint32_t consumed = stream.consumed(messages);
  if (!reaches(consumed, stream.next - (stream.rest != 0 ? 1 : 0))) return false;
  const uint32_t oldest = reaches(consumed, stream.base) ? stream.base_place()
                          : consumed == stream.next      ? stream.place
                                                         : stream.message(consumed).place;
  return reaches(place, oldest + stream.unit_mask + 1);
}

void Outgoing::open_window(uint16_t number, uint32_t messages, uint32_t place) noexcept {
  Stream& stream = streams_[number];
  // What was consumed was delivered, should its acknowledgement be still on its way.
  for (uint32_t n = stream.base, end = stream.consumed(messages); !reaches(end, n); ++n)
    if (Message& message = stream.message(n); message.missing != 0) done(number, message);
  forget_done(number);
  if (!reaches(messages, stream.may_messages)) stream.may_messages = messages;
  if (!reaches(place, stream.may_place)) stream.may_place = place;
  if (may_go_on(stream)) turns_.push(number);
}

// ---- what is new ----

std::optional<Piece> Outgoing::write(BodyWriter& body) noexcept {
  // What is lost goes first, even where something smaller would still fit behind it.
  return lost_ != 0 ? write_lost(body) : write_new(body);
}

// Messages of the stream whose turn it is, each in one frame: as many as fit when no other stream
// waits.
uint16_t Outgoing::write_whole(BodyWriter& body, uint16_t number) noexcept {
  Stream& stream = streams_[number];
  uint16_t count = 0;
  do {
    const Message& message = stream.message(stream.next);
    if (message.size > UINT16_MAX || body.left() < kMessageHeadBytes + message.size) break;
    begin(stream);
    body.message(number, stream.next - 1, message.place, {message.bytes, message.size});
    ++count;
  } while (turns_.alone() && may_begin(stream));
  return count;
}

std::optional<Piece> Outgoing::write_new(BodyWriter& body) noexcept {
  if (turns_.empty()) return std::nullopt;
  const uint16_t number = turns_.front();
  Stream& stream = streams_[number];
  Piece piece{.stream = number, .message = stream.next};
  if (stream.rest == 0) piece.whole = write_whole(body, number);
  if (piece.whole == 0) {
    if (stream.rest == 0) {
      // Not begun unless some of it fits, so that a small one may still go before it.
      if (body.left() < kFragmentHeadBytes + kUnitBytes) return std::nullopt;
      begin(stream);
      stream.rest = stream.message(stream.next - 1).missing;
    }
    piece.message = stream.next - 1;
    const Message& message = stream.message(piece.message);
    piece.first = units_of(message.size) - stream.rest;
    piece.count = write_units(body, number, piece.message, message, piece.first, stream.rest);
    if (piece.count == 0) return std::nullopt;
    stream.rest -= piece.count;
  }
  if (may_go_on(stream))
    turns_.rotate();
  else
    turns_.pop();
  return piece;
}

// How many units were written.
uint32_t Outgoing::write_units(BodyWriter& body, uint16_t stream, uint32_t number,
                               const Message& message, uint32_t first, uint32_t most) noexcept {
  if (body.left() < kFragmentHeadBytes + 1) return 0;
  const uint32_t offset = first * kUnitBytes;
  uint32_t bytes = std::min(most * kUnitBytes, message.size - offset);
  const auto room =
      static_cast<uint32_t>(std::min<size_t>(body.left() - kFragmentHeadBytes, UINT16_MAX));
  if (bytes > room) bytes = room / kUnitBytes * kUnitBytes;
  if (bytes == 0) return 0;
  if (!body.fragment(stream, number, message.place, offset, message.size,
                     {message.bytes + offset, bytes}))
    return 0;
  // The next piece, most likely: the memory of a long message is in no cache.
  const uint32_t end = offset + bytes,
                 last = std::min(end + std::min(bytes, kMostAhead), message.size);
  for (uint32_t next = end; next < last; next += kUnitBytes)
    __builtin_prefetch(message.bytes + next);
  return units_of(bytes);
}

// ---- what becomes of it ----

void Outgoing::delivered(const Piece& piece) noexcept {
  Stream& stream = streams_[piece.stream];
  for (uint32_t n = piece.message, end = n + std::max<uint32_t>(piece.whole, 1); n != end; ++n) {
    // Done ones may be forgotten already.
    if (n - stream.base >= stream.next - stream.base) continue;
    Message& message = stream.message(n);
    if (message.missing == 0) continue;
    if (piece.whole == 0) {
      const uint32_t place = message.place + piece.first;
      message.missing -= stream.had.set(place, piece.count);
      if (message.missing != 0) {
        found(piece.stream, place, piece.count);
        continue;
      }
    }
    done(piece.stream, message);
  }
  forget_done(piece.stream);
}

void Outgoing::done(uint16_t number, Message& message) noexcept {
  Stream& stream = streams_[number];
  const uint32_t units = units_of(message.size);
  if (message.missing != units) stream.had.clear(message.place, units);
  found(number, message.place, units);
  message.missing = 0;
  done_[done_end_++ & done_mask_] = message.tag;
  --open_;
}

void Outgoing::lose(uint16_t number, uint32_t place, uint32_t count) noexcept {
  Stream& stream = streams_[number];
  if (stream.lost_units == 0 || !reaches(stream.lost_from, place)) stream.lost_from = place;
  stream.lost_units += stream.lost.set(place, count);
  lost_ |= uint64_t{1} << number;
}

void Outgoing::again(const Piece& piece) noexcept {
  Stream& stream = streams_[piece.stream];
  for (uint32_t n = piece.message, last = n + std::max<uint32_t>(piece.whole, 1); n != last; ++n) {
    if (n - stream.base >= stream.next - stream.base) continue;
    const Message& message = stream.message(n);
    if (message.missing == 0) continue;
    uint32_t at = message.place + piece.first;
    const uint32_t end = piece.whole != 0 ? at + units_of(message.size) : at + piece.count;
    while (at != end) {
      at = stream.had.next_clear(at, end);
      const uint32_t until = stream.had.next_set(at, end);
      if (at != until) lose(piece.stream, at, until - at);
      at = until;
    }
  }
}

// Which message lies there; one that has begun and is not done does.
uint32_t Outgoing::holder(const Stream& stream, uint32_t place) noexcept {
  uint32_t low = stream.base, high = stream.next;
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    (reaches(stream.message(middle).place, place) ? low : high) = middle;
  }
  return low;
}

std::optional<Piece> Outgoing::write_lost(BodyWriter& body) noexcept {
  const auto number = static_cast<uint16_t>(std::countr_zero(lost_));
  Stream& stream = streams_[number];
  const uint32_t from = stream.lost.next_set(stream.lost_from, stream.place);
  const uint32_t holds = holder(stream, from);
  const Message& message = stream.message(holds);
  const uint32_t units = units_of(message.size);
  const uint32_t until = stream.lost.next_clear(from, message.place + units);
  Piece piece{number, 0, holds, from - message.place, until - from};
  if (piece.count == units && message.size <= UINT16_MAX &&
      body.message(number, holds, message.place, {message.bytes, message.size}))
    piece.whole = 1;
  else
    piece.count = write_units(body, number, holds, message, piece.first, piece.count);
  if (piece.count == 0) return std::nullopt;
  stream.lost_from = from + piece.count;
  found(number, from, piece.count);
  if (piece.whole != 0) piece.first = piece.count = 0;
  return piece;
}

}  // namespace spanway::transport
