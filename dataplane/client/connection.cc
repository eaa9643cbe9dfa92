// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/client/connection.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/ip_addr.h"
#include "dataplane/client/application.h"

namespace spanway::client {
namespace {

using attach::Entry;
using attach::EntryKind;

// Of a window that may be read before the daemon is told: a word for a quarter, not for each
// message.
constexpr uint32_t kTellAfter = 4;

std::string text_of(const attach::Where& where) {
  if (where.family == 4)
    return Ip4Addr(where.address[0], where.address[1], where.address[2], where.address[3])
        .to_string();
  if (where.family != 6) return {};
  Ip6Addr address;
  std::copy_n(where.address, address.bytes.size(), address.bytes.begin());
  return address.to_string();
}

int error_of_end(uint8_t detail) {
  switch (static_cast<attach::EndReason>(detail)) {
    case attach::EndReason::kClosed:
      return SPANWAY_ECLOSED;
    case attach::EndReason::kSilent:
      return SPANWAY_ESILENT;
    case attach::EndReason::kSpent:
      return SPANWAY_ESPENT;
    case attach::EndReason::kStopped:
      break;
  }
  return SPANWAY_ESTOPPED;
}

}  // namespace

bool Connection::adopt(const attach::ConnectionMessage& message, attach::SharedMemory region) {
  if (!message.region.is_valid() || region.bytes().size() < message.region.bytes()) return false;
  plan_ = message.region;
  region_ = std::move(region);
  key_ = message.connection;
  worker_ = message.worker;
  port_ = static_cast<uint16_t>(message.port);
  peer_port_ = message.peer.port;
  peer_ = text_of(message.peer);
  in_.resize(plan_.streams);
  for (uint32_t i = 0; i < plan_.send_streams; ++i)
    out_.push_back({SendArea(plan_.send_bytes, plan_.send_messages)});
  return true;
}

void Connection::fail(int error) {
  over_ = error;
  of_.has_news(*this, SPANWAY_FAILED);
}

bool Connection::take(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::kOpened:
      opened_ = true;
      send_streams_ = static_cast<uint16_t>(std::min<uint32_t>(entry.stream, plan_.send_streams));
      longest_ = std::min(entry.place, plan_.send_bytes);
      of_.has_news(*this, SPANWAY_OPENED);
      return true;
    case EntryKind::kReceived:
      if (entry.stream >= in_.size() ||
          !attach::lies_within(entry.place, entry.bytes, plan_.receive_bytes()))
        return false;
      if (closed) return true;
      inbox_.push_back(entry);
      of_.has_news(*this, SPANWAY_READABLE);
      return true;
    case EntryKind::kDone:
    case EntryKind::kRefused:
      return take_done(entry);
    case EntryKind::kFinished:
      peer_finished_ = true;
      of_.has_news(*this, SPANWAY_OVER);
      return true;
    case EntryKind::kEnded:
      over_ = error_of_end(entry.detail);
      outstanding_ = 0;
      of_.has_news(*this, opened_ ? SPANWAY_OVER : SPANWAY_FAILED);
      return true;
    default:
      return false;
  }
}

bool Connection::take_done(const Entry& entry) {
  if (entry.stream >= out_.size()) return false;
  const uint32_t base = entry.stream * plan_.send_bytes;
  if (entry.place < base || !out_[entry.stream].area.remove(entry.place - base)) return false;
  --outstanding_;
  of_.has_news(*this, SPANWAY_SENT);
  return true;
}

int Connection::state() const {
  if (over_ != 0) return over_;
  if (of_.dead() != 0) return of_.dead();
  return opened_ ? 0 : SPANWAY_EAGAIN;
}

int Connection::may_send(uint16_t stream, size_t bytes) const {
  if (const int now = state(); now != 0) return now;
  if (finished_) return SPANWAY_EFINISHED;
  if (bytes == 0) return SPANWAY_EINVALID;
  if (stream >= send_streams_) return SPANWAY_ENOSTREAM;
  return bytes > longest_ ? SPANWAY_ETOOLONG : 0;
}

int Connection::send(uint16_t stream, const void* data, size_t bytes) {
  void* room = nullptr;
  if (const int error = reserve(stream, bytes, &room); error < 0) return error;
  std::memcpy(room, data, bytes);
  return submit(stream, bytes);
}

int Connection::reserve(uint16_t stream, size_t bytes, void** room) {
  if (const int error = may_send(stream, bytes); error < 0) return error;
  Outbound& out = out_[stream];
  const auto place = out.area.find(static_cast<uint32_t>(bytes));
  if (!place) return SPANWAY_EAGAIN;
  out.reserved_at = *place;
  out.reserved = static_cast<uint32_t>(bytes);
  *room = region_.bytes().data() + plan_.send_at() + size_t{stream} * plan_.send_bytes + *place;
  return 0;
}

int Connection::submit(uint16_t stream, size_t bytes) {
  if (const int error = may_send(stream, bytes); error < 0) return error;
  Outbound& out = out_[stream];
  if (bytes > out.reserved) return SPANWAY_EINVALID;
  const Entry entry{.kind = EntryKind::kSend,
                    .stream = stream,
                    .connection = key_,
                    .place = stream * plan_.send_bytes + out.reserved_at,
                    .bytes = static_cast<uint32_t>(bytes)};
  if (!of_.submit(worker_, entry)) return SPANWAY_EAGAIN;
  out.area.add(out.reserved_at, static_cast<uint32_t>(bytes));
  out.reserved = 0;
  ++outstanding_;
  return 0;
}

int Connection::receive_up_to(spanway_message* message, size_t room) {
  if (inbox_.empty()) {
    if (peer_finished_) return SPANWAY_EEND;
    const int now = state();
    return now != 0 ? now : SPANWAY_EAGAIN;
  }
  const Entry entry = inbox_.front();
  if (entry.bytes > room) return SPANWAY_ETOOLONG;
  inbox_.pop_front();
  ++in_[entry.stream].held;
  *message = {region_.bytes().data() + plan_.receive_at() + entry.place, entry.bytes, entry.stream};
  return 0;
}

int Connection::release(const spanway_message& message) {
  if (message.stream >= in_.size() || in_[message.stream].held == 0) return SPANWAY_EINVALID;
  Inbound& in = in_[message.stream];
  --in.held;
  ++in.consumed;
  in.consumed_bytes += message.bytes;
  if (in.consumed >= plan_.window_messages / kTellAfter ||
      in.consumed_bytes >= plan_.window_bytes / kTellAfter)
    tell_consumed();
  else
    of_.has_consumed(*this);
  return 0;
}

void Connection::tell_consumed() {
  for (uint16_t stream = 0; stream < in_.size(); ++stream) {
    Inbound& in = in_[stream];
    if (in.consumed == 0) continue;
    if (over_ == 0 && of_.dead() == 0)
      of_.submit_surely(worker_, {.kind = EntryKind::kConsume,
                                  .stream = stream,
                                  .connection = key_,
                                  .bytes = in.consumed});
    in.consumed = in.consumed_bytes = 0;
  }
}

int Connection::finish() {
  if (const int now = state(); now != 0) return now;
  if (finished_) return 0;
  finished_ = true;
  of_.submit_surely(worker_, {.kind = EntryKind::kFinish, .connection = key_});
  return 0;
}

}  // namespace spanway::client
