// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/probe/server.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace spanway::transport {
namespace {

// False: there is no place for the answer, or the client takes none; later.
bool echo(Connection& connection, EchoRoom& room, const Received& got) noexcept {
  if (room.free == 0) return false;
  const auto place = static_cast<uint32_t>(std::countr_zero(room.free));
  const size_t bytes = std::min<size_t>(got.bytes.size(), kMostEchoBytes);
  std::memcpy(room.places[place].data(), got.bytes.data(), bytes);
  const Taken taken = connection.send(0, std::span(room.places[place]).first(bytes), place);
  if (taken == Taken::kYes) room.free &= room.free - 1;
  return taken != Taken::kFull;
}

// What is given means nothing. Not const, so that it takes no room in the program's file.
constinit std::array<uint8_t, kMostGivenBytes> nothing{};
constexpr uint64_t kGiven = EchoRoom::kPlaces;  // the tag of such a message

void begin_giving(EchoRoom& room, std::span<const uint8_t> bytes) noexcept {
  GiveAsk ask;
  if (bytes.size() != sizeof(ask)) return;
  std::memcpy(&ask, bytes.data(), sizeof(ask));
  room.given_bytes = std::clamp<uint32_t>(ask.bytes.host(), 1, kMostGivenBytes);
  room.most_given = std::min(ask.outstanding.host(), kMostOutstanding);
}

void give(Connection& connection, EchoRoom& room) noexcept {
  while (room.given < room.most_given &&
         connection.send(0, std::span(nothing).first(room.given_bytes), kGiven) == Taken::kYes)
    ++room.given;
}

}  // namespace

void ProbeServer::on_ready(Endpoint&, Session& session, Nanos) noexcept {
  auto& room = *reinterpret_cast<EchoRoom*>(session.context());
  Connection& connection = session.connection();
  while (const auto place = connection.take_done()) {
    if (*place == kGiven)
      --room.given;
    else
      room.free |= uint64_t{1} << *place;
  }
  while (const auto got = connection.next()) {
    const auto ask = static_cast<ProbeAsk>(got->bytes[0]);
    if (ask == ProbeAsk::kEcho && !echo(connection, room, *got)) break;
    if (ask == ProbeAsk::kGive) begin_giving(room, got->bytes);
    connection.consume();
  }
  if (connection.peer_closed()) return connection.close();
  give(connection, room);
}

}  // namespace spanway::transport
