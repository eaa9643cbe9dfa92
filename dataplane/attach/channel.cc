// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/channel.h"

#include <algorithm>

#include "dataplane/attach/bell.h"
#include "dataplane/base/check.h"

namespace spanway::attach {
namespace {

using transport::Taken;

// A bell costs a system call: an application that sleeps after each message is woken so often and
// not more.
constexpr Nanos kBellGap = micros(5);

// What a send is called until it is done: where its message lies.
constexpr uint64_t tag_of(const Entry& entry) noexcept {
  return uint64_t{entry.stream} << 54 | uint64_t{entry.place} << 24 | entry.bytes;
}
static_assert(kMostArea <= 1u << 30 && kMostStreams <= 1u << 10 &&
              transport::kMostMessageBytes < 1u << 24);

constexpr Entry done_of(uint64_t tag, ConnectionKey key) noexcept {
  return {.kind = EntryKind::kDone,
          .stream = static_cast<uint16_t>(tag >> 54),
          .connection = key.value,
          .place = static_cast<uint32_t>(tag >> 24) & (kMostArea - 1),
          .bytes = static_cast<uint32_t>(tag) & ((1u << 24) - 1)};
}

constexpr Refusal refusal_of(Taken taken) noexcept {
  switch (taken) {
    case Taken::kNoStream:
      return Refusal::kNoStream;
    case Taken::kEmpty:
      return Refusal::kEmpty;
    case Taken::kTooLong:
      return Refusal::kTooLong;
    case Taken::kFull:
      return Refusal::kFull;
    case Taken::kYes:
    case Taken::kClosed:
      break;
  }
  return Refusal::kClosed;
}

}  // namespace

Channel::Channel(const RingMemory& submissions, const RingMemory& completions, uint32_t slots,
                 int bell)
    : submissions_(submissions),
      completions_(completions),
      bell_(bell),
      slots_(slots),
      touched_(slots) {
  SPANWAY_CHECK(slots <= ConnectionKey::kMostSlots);
}

Attachment* Channel::find(uint32_t key) noexcept {
  const uint32_t slot = ConnectionKey{key}.slot();
  if (slot >= slots_.size() || slots_[slot] == nullptr || slots_[slot]->key.value != key)
    return nullptr;
  return slots_[slot];
}

void Channel::open(Attachment& attachment, transport::Connection& connection,
                   transport::Session* session, Nanos now) noexcept {
  slots_[attachment.key.slot()] = &attachment;
  ++connections_;
  attachment.channel = this;
  attachment.connection = &connection;
  attachment.session = session;
  if (left_ || fault_ != Fault::kNone) {
    discard(attachment, now);
    return;
  }
  const transport::Params& peer = connection.theirs();
  tell({.kind = EntryKind::kOpened,
        .stream = peer.streams,
        .connection = attachment.key.value,
        .place = transport::most_message_bytes(peer)});
}

void Channel::ready(Attachment& attachment) noexcept {
  transport::Connection& connection = *attachment.connection;
  const uint32_t key = attachment.key.value;
  while (const auto message = connection.take_next()) {
    if (attachment.discards) {
      connection.release(message->stream);
      continue;
    }
    tell({.kind = EntryKind::kReceived,
          .stream = message->stream,
          .connection = key,
          .place = static_cast<uint32_t>(message->bytes.data() - attachment.receive.data()),
          .bytes = static_cast<uint32_t>(message->bytes.size())});
  }
  while (const auto tag = connection.take_done()) tell(done_of(*tag, attachment.key));
  if (attachment.finish_told || !connection.peer_closed()) return;
  attachment.finish_told = true;
  tell({.kind = EntryKind::kFinished, .connection = key});
}

void Channel::end(Attachment& attachment, EndReason reason) noexcept {
  const bool opened = attachment.connection != nullptr;
  if (opened) ready(attachment);
  tell({.kind = EntryKind::kEnded,
        .detail = static_cast<uint8_t>(reason),
        .connection = attachment.key.value});
  if (!opened) return;
  unlink(attachment);
  slots_[attachment.key.slot()] = nullptr;
  --connections_;
  if (attachment.touched) {
    const auto end = touched_.begin() + static_cast<std::ptrdiff_t>(touched_count_--);
    std::remove(touched_.begin(), end, &attachment);
    attachment.touched = false;
  }
  attachment.connection = nullptr;
  attachment.session = nullptr;
}

Channel::Served Channel::serve(Nanos now) noexcept {
  for (Attachment* attachment : touched()) attachment->touched = false;
  touched_count_ = 0;
  Served served;
  Entry entry;
  while (served.entries < kEntriesATurn && fault_ == Fault::kNone && !left_ &&
         submissions_.pop(entry)) {
    ++served.entries;
    apply(entry, now);
  }
  submissions_.give_back();
  if (submissions_.broken()) break_by(Fault::kRing);
  served.touched = touched();
  return served;
}

void Channel::apply(const Entry& entry, Nanos now) noexcept {
  if (entry.kind < EntryKind::kSend || entry.kind > EntryKind::kClose) {
    break_by(Fault::kKind);
    return;
  }
  Attachment* attachment = find(entry.connection);
  if (attachment == nullptr) {
    ++late_;
    return;
  }
  touch(*attachment);
  switch (entry.kind) {
    case EntryKind::kSend:
      send(*attachment, entry);
      return;
    case EntryKind::kConsume:
      consume(*attachment, entry);
      return;
    case EntryKind::kClose:
      discard(*attachment, now);
      return;
    default:
      attachment->connection->close();
      return;
  }
}

void Channel::send(Attachment& attachment, const Entry& entry) noexcept {
  if (!lies_within(entry.place, entry.bytes, attachment.send.size())) {
    break_by(Fault::kPlace);
    return;
  }
  const Taken taken = attachment.connection->send(
      entry.stream, attachment.send.subspan(entry.place, entry.bytes), tag_of(entry));
  if (taken == Taken::kYes) return;
  Entry refused = entry;
  refused.kind = EntryKind::kRefused;
  refused.detail = static_cast<uint8_t>(refusal_of(taken));
  tell(refused);
}

void Channel::consume(Attachment& attachment, const Entry& entry) noexcept {
  if (attachment.discards) return;
  for (uint32_t i = 0; i < entry.bytes; ++i)
    if (!attachment.connection->release(entry.stream)) {
      break_by(Fault::kCount);
      return;
    }
}

// What was handed out and not read is free as well.
void Channel::discard(Attachment& attachment, Nanos now) noexcept {
  attachment.connection->close();
  if (attachment.discards) return;
  attachment.discards = true;
  attachment.closed_at = now;
  attachment.closing_before = closing_last_;
  (closing_last_ == nullptr ? closing_first_ : closing_last_->closing_after) = &attachment;
  closing_last_ = &attachment;
  for (uint16_t stream = 0; stream < kMostStreams; ++stream)
    while (attachment.connection->release(stream)) {
    }
  while (const auto message = attachment.connection->take_next())
    attachment.connection->release(message->stream);
}

void Channel::touch(Attachment& attachment) noexcept {
  if (attachment.touched) return;
  attachment.touched = true;
  touched_[touched_count_++] = &attachment;
}

void Channel::tell(const Entry& entry) noexcept {
  if (left_ || fault_ != Fault::kNone || completions_.push(entry)) return;
  break_by(completions_.broken() ? Fault::kRing : Fault::kFull);
}

void Channel::break_by(Fault fault) noexcept {
  if (fault_ == Fault::kNone) fault_ = fault;
}

void Channel::unlink(Attachment& attachment) noexcept {
  if (closing_first_ != &attachment && attachment.closing_before == nullptr) return;
  (closing_first_ == &attachment ? closing_first_ : attachment.closing_before->closing_after) =
      attachment.closing_after;
  (closing_last_ == &attachment ? closing_last_ : attachment.closing_after->closing_before) =
      attachment.closing_before;
  attachment.closing_before = attachment.closing_after = nullptr;
}

Attachment* Channel::overdue(Nanos now) noexcept {
  Attachment* attachment = closing_first_;
  if (attachment == nullptr || now - attachment->closed_at < kCloseGrace) return nullptr;
  unlink(*attachment);
  return attachment;
}

Channel::Served Channel::leave(Nanos now) noexcept {
  left_ = true;
  for (Attachment* attachment : slots_) {
    if (attachment == nullptr) continue;
    discard(*attachment, now);
    touch(*attachment);
  }
  return {0, touched()};
}

void Channel::publish(Nanos now) noexcept {
  if (completions_.publish()) bell_due_ = true;
  if (!bell_due_ || now - rang_at_ < kBellGap) return;
  bell_due_ = false;
  rang_at_ = now;
  ring_bell(bell_);
}

}  // namespace spanway::attach
