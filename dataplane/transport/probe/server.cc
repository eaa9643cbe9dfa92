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

}  // namespace

void ProbeServer::on_ready(Endpoint&, Session& session, Nanos) noexcept {
  auto& room = *reinterpret_cast<EchoRoom*>(session.context());
  Connection& connection = session.connection();
  while (const auto place = connection.take_done()) room.free |= uint64_t{1} << *place;
  while (const auto got = connection.next()) {
    if (got->bytes[0] == static_cast<uint8_t>(ProbeAsk::kEcho) && !echo(connection, room, *got))
      break;
    connection.consume();
  }
  if (connection.peer_closed()) connection.close();
}

}  // namespace spanway::transport
