// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/refusal.h"

namespace spanway::ospf {

std::string_view to_string(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::kTruncatedHeader:
      return "truncated-header";
    case Refusal::kBadVersion:
      return "bad-version";
    case Refusal::kUnknownPacket:
      return "unknown-packet";
    case Refusal::kBadPacketLength:
      return "bad-packet-length";
    case Refusal::kBadPacketChecksum:
      return "bad-packet-checksum";
    case Refusal::kTruncatedBody:
      return "truncated-body";
    case Refusal::kRaggedBody:
      return "ragged-body";
    case Refusal::kBadLsaLength:
      return "bad-lsa-length";
    case Refusal::kUnknownLsa:
      return "unknown-lsa";
    case Refusal::kBadLsaChecksum:
      return "bad-lsa-checksum";
    case Refusal::kReservedSequence:
      return "reserved-sequence";
    case Refusal::kBadLsaBody:
      return "bad-lsa-body";
    case Refusal::kAuthTypeMismatch:
      return "auth-type-mismatch";
    case Refusal::kWrongPassword:
      return "wrong-password";
    case Refusal::kUnknownKey:
      return "unknown-key";
    case Refusal::kKeyNotInUse:
      return "key-not-in-use";
    case Refusal::kBadDigestLength:
      return "bad-digest-length";
    case Refusal::kTruncatedDigest:
      return "truncated-digest";
    case Refusal::kWrongDigest:
      return "wrong-digest";
    case Refusal::kReplayed:
      return "replayed";
    case Refusal::kInterfaceDown:
      return "interface-down";
    case Refusal::kWrongArea:
      return "wrong-area";
    case Refusal::kOwnRouterId:
      return "own-router-id";
    case Refusal::kSecondNeighbour:
      return "second-neighbour";
    case Refusal::kTooManyNeighbours:
      return "too-many-neighbours";
    case Refusal::kUnknownNeighbour:
      return "unknown-neighbour";
    case Refusal::kWrongMask:
      return "wrong-mask";
    case Refusal::kWrongHelloInterval:
      return "wrong-hello-interval";
    case Refusal::kWrongDeadInterval:
      return "wrong-dead-interval";
    case Refusal::kWrongOptions:
      return "wrong-options";
    case Refusal::kMtuTooLarge:
      return "mtu-too-large";
    case Refusal::kCount:
      break;
  }
  return "unknown";
}

}  // namespace spanway::ospf
