// SPDX-License-Identifier: BSD-3-Clause
// What an application and the daemon say to each other over a UNIX socket (SOCK_SEQPACKET: a packet
// is one message, whole) before and beside what goes through shared memory. Both are on one
// machine, so numbers are of its byte order; each message has its own fixed size and no padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "dataplane/attach/layout.h"

namespace spanway::attach {

enum class MessageKind : uint16_t {
  // application -> daemon
  kHello = 1,
  kConnect = 2,
  kHangUp = 3,  // of a kConnect that has not been answered
  kListen = 4,
  kUnlisten = 5,
  kForget = 6,  // kEnded of this connection was read: its memory and its slot are free
  // daemon -> application
  kWelcome = 16,
  kChannel = 17,     // one for each worker, right behind kWelcome
  kConnection = 18,  // one is being made; it may be used when its channel says kOpened
  kListening = 19,
  kRefused = 20,
  kGoodbye = 21,  // the daemon ends it with you, and says why
};

// Why something was refused.
enum class Refused : uint32_t {
  kOtherVersion = 1,  // the two are of different versions
  kInvalid,           // nobody could do that
  kPermission,        // you may not
  kLimit,             // you, or all together, have as much as there may be
  kMemory,            // the machine has no more
  kInUse,             // somebody else has this port
  kUnreachable,       // there is no way to that address
  kTimeout,           // nobody answered
  kBroken,            // you wrote what no application may
  kStopping,          // the daemon ends
};

struct MessageHead {
  MessageKind kind;
  uint16_t zero = 0;
  uint32_t request = 0;  // the application's number of what it asked for; the answer has the same
};

struct Where {
  uint8_t family = 0;  // 4, 6; 0: any
  uint8_t zero = 0;
  uint16_t port = 0;
  uint8_t address[16] = {};  // wire order; IPv4 in the first four
};
static_assert(sizeof(Where) == 20);

struct HelloMessage {
  static constexpr MessageKind kKind = MessageKind::kHello;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  uint32_t version = kVersion;
  ChannelPlan rings;  // zeros: as the daemon likes
};

struct ConnectMessage {
  static constexpr MessageKind kKind = MessageKind::kConnect;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  Where peer;
  RegionPlan region;
  uint32_t timeout_ms = 5'000;
};

struct HangUpMessage {
  static constexpr MessageKind kKind = MessageKind::kHangUp;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
};

struct ListenMessage {
  static constexpr MessageKind kKind = MessageKind::kListen;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  uint32_t port = 0;
  RegionPlan region;  // of each connection that comes
};

struct UnlistenMessage {
  static constexpr MessageKind kKind = MessageKind::kUnlisten;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  uint32_t port = 0;
};

struct ForgetMessage {
  static constexpr MessageKind kKind = MessageKind::kForget;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  uint32_t connection = 0;
};

struct WelcomeMessage {
  static constexpr MessageKind kKind = MessageKind::kWelcome;
  static constexpr unsigned kFds = 1;  // the bell, to read from
  MessageHead head{kKind};
  uint32_t version = kVersion;
  uint32_t workers = 0;
  uint32_t slots = 0;  // connections at once
};

struct ChannelMessage {
  static constexpr MessageKind kKind = MessageKind::kChannel;
  static constexpr unsigned kFds = 2;  // its memory, and the worker's eventfd
  MessageHead head{kKind};
  uint32_t worker = 0;
  ChannelPlan rings;
};

struct ConnectionMessage {
  static constexpr MessageKind kKind = MessageKind::kConnection;
  static constexpr unsigned kFds = 1;  // its region
  MessageHead head{kKind};             // request 0: it came to a port that we listen on
  uint32_t connection = 0;             // a ConnectionKey
  uint32_t worker = 0;
  uint32_t port = 0;  // that we listen on
  Where peer;
  RegionPlan region;
};

struct ListeningMessage {
  static constexpr MessageKind kKind = MessageKind::kListening;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  uint32_t port = 0;
};

struct RefusedMessage {
  static constexpr MessageKind kKind = MessageKind::kRefused;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  Refused why = Refused::kInvalid;
  char text[240] = {};  // for people; ends with a zero
};

struct GoodbyeMessage {
  static constexpr MessageKind kKind = MessageKind::kGoodbye;
  static constexpr unsigned kFds = 0;
  MessageHead head{kKind};
  Refused why = Refused::kStopping;
  char text[240] = {};
};

inline constexpr size_t kMostMessage = 512, kMostFds = 2;

// A message's bytes; nullopt when `bytes` is none of this kind.
template <class M>
std::optional<M> read_message(std::span<const uint8_t> bytes) noexcept {
  static_assert(std::has_unique_object_representations_v<M> && sizeof(M) <= kMostMessage);
  if (bytes.size() != sizeof(M)) return std::nullopt;
  M message;
  std::memcpy(static_cast<void*>(&message), bytes.data(), sizeof(M));
  if (message.head.kind != M::kKind || message.head.zero != 0) return std::nullopt;
  return message;
}

}  // namespace spanway::attach
