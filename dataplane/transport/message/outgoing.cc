// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/outgoing.h"

#include <algorithm>

namespace spanway::transport {
namespace {

// Of counters that wrap: `a` has not gone past `b`.
bool reaches(uint32_t a, uint32_t b) noexcept { return static_cast<int32_t>(b - a) >= 0; }

}  // namespace

Outgoing::Outgoing(const Params& theirs, uint32_t most)
    : most_(most), window_bytes_(theirs.window_bytes), streams_(theirs.streams) {
  for (Stream& stream : streams_) {
    stream.may_messages = theirs.window_messages;
    stream.may_bytes = theirs.window_bytes;
  }
}

Taken Outgoing::send(uint16_t stream, std::span<const uint8_t> bytes, uint64_t tag) {
  if (stream >= streams_.size()) return Taken::kNoStream;
  if (bytes.empty()) return Taken::kEmpty;
  // The peer tells of its window when half of it is free, so that much has to do for any message.
  if (bytes.size() > kMostMessageBytes || bytes.size() > window_bytes_ / 2) return Taken::kTooLong;
  Stream& to = streams_[stream];
  if (to.messages.size() >= most_) return Taken::kFull;
  Message& message = to.messages.emplace_back();
  message.bytes = bytes;
  message.tag = tag;
  message.delivered.reset(static_cast<uint32_t>(bytes.size()));
  ++open_;
  give_turn(stream);
  return Taken::kYes;
}

void Outgoing::open_window(uint16_t stream, uint32_t messages, uint32_t bytes) {
  if (stream >= streams_.size()) return;
  Stream& to = streams_[stream];
  // An old word, overtaken by a newer one, says nothing.
  if (!reaches(messages, to.may_messages)) to.may_messages = messages;
  if (!reaches(bytes, to.may_bytes)) to.may_bytes = bytes;
  give_turn(stream);
}

bool Outgoing::may_go_on(const Stream& stream) const noexcept {
  const uint32_t at = stream.next - stream.base;
  // One that has begun was counted when it did.
  if (at != 0 && stream.messages[at - 1].sent < stream.messages[at - 1].delivered.units())
    return true;
  if (at >= stream.messages.size()) return false;
  const auto bytes = static_cast<uint32_t>(stream.messages[at].bytes.size());
  return reaches(stream.next + 1, stream.may_messages) &&
         reaches(stream.begun_bytes + bytes, stream.may_bytes);
}

void Outgoing::give_turn(uint16_t stream) {
  Stream& to = streams_[stream];
  if (to.has_turn || !may_go_on(to)) return;
  to.has_turn = true;
  turns_.push_back(stream);
}

Outgoing::Message* Outgoing::find(uint16_t stream, uint32_t number) noexcept {
  if (stream >= streams_.size()) return nullptr;
  Stream& of = streams_[stream];
  const uint32_t at = number - of.base;
  return at < of.messages.size() ? &of.messages[at] : nullptr;
}

// How many units were written.
uint32_t Outgoing::write_units(BodyWriter& body, uint16_t stream, uint32_t number,
                               const Message& message, uint32_t first, uint32_t most) {
  const auto total = static_cast<uint32_t>(message.bytes.size());
  if (first == 0 && most == message.delivered.units() && total <= UINT16_MAX &&
      body.left() >= kMessageHeadBytes + total)
    return body.message(stream, number, message.bytes) ? most : 0;
  if (body.left() < kFragmentHeadBytes + 1) return 0;
  const uint32_t offset = first * kUnitBytes;
  uint32_t bytes = std::min(most * kUnitBytes, total - offset);
  const auto room =
      static_cast<uint32_t>(std::min<size_t>(body.left() - kFragmentHeadBytes, UINT16_MAX));
  if (bytes > room) bytes = room / kUnitBytes * kUnitBytes;
  if (bytes == 0) return 0;
  return body.fragment(stream, number, offset, total, message.bytes.subspan(offset, bytes))
             ? units_of(bytes)
             : 0;
}

std::optional<Piece> Outgoing::write(BodyWriter& body) {
  if (auto piece = write_lost(body)) return piece;
  // What is lost goes first, even where something smaller would still fit behind it.
  return lost_.empty() ? write_new(body) : std::nullopt;
}

std::optional<Piece> Outgoing::write_lost(BodyWriter& body) {
  while (!lost_.empty()) {
    Piece& piece = lost_.front();
    const Message* message = find(piece.stream, piece.message);
    const uint32_t end = piece.first + piece.count;
    const uint32_t from = message ? message->delivered.next_absent(piece.first, end) : end;
    if (from == end) {
      lost_.pop_front();
      continue;
    }
    const uint32_t until = message->delivered.next_present(from, end);
    const uint32_t wrote =
        write_units(body, piece.stream, piece.message, *message, from, until - from);
    if (wrote == 0) return std::nullopt;
    const Piece carried{piece.stream, piece.message, from, wrote};
    piece.count = end - (from + wrote);
    piece.first = from + wrote;
    if (piece.count == 0) lost_.pop_front();
    return carried;
  }
  return std::nullopt;
}

std::optional<Piece> Outgoing::write_new(BodyWriter& body) {
  while (!turns_.empty()) {
    const uint16_t number = turns_.front();
    Stream& stream = streams_[number];
    if (!may_go_on(stream)) {
      turns_.pop_front();
      stream.has_turn = false;
      continue;
    }
    uint32_t at = stream.next - stream.base;
    const bool begins =
        at == 0 || stream.messages[at - 1].sent == stream.messages[at - 1].delivered.units();
    if (!begins) --at;
    Message& message = stream.messages[at];
    const uint32_t left = message.delivered.units() - message.sent;
    const uint32_t wrote = write_units(body, number, stream.base + at, message, message.sent, left);
    if (wrote == 0) return std::nullopt;
    if (begins) {
      ++stream.next;
      stream.begun_bytes += static_cast<uint32_t>(message.bytes.size());
    }
    const Piece carried{number, stream.base + at, message.sent, wrote};
    message.sent += wrote;
    turns_.pop_front();
    stream.has_turn = false;
    give_turn(number);
    return carried;
  }
  return std::nullopt;
}

void Outgoing::delivered(const Piece& piece) {
  Message* message = find(piece.stream, piece.message);
  if (message == nullptr || message->delivered.full()) return;
  message->delivered.add(piece.first, piece.count);
  if (!message->delivered.full()) return;
  done_.push_back(message->tag);
  --open_;
  Stream& stream = streams_[piece.stream];
  while (!stream.messages.empty() && stream.base != stream.next &&
         stream.messages.front().delivered.full()) {
    stream.messages.pop_front();
    ++stream.base;
  }
}

void Outgoing::again(const Piece& piece) { lost_.push_back(piece); }

std::optional<uint64_t> Outgoing::take_done() {
  if (done_.empty()) return std::nullopt;
  const uint64_t tag = done_.front();
  done_.pop_front();
  return tag;
}

}  // namespace spanway::transport
