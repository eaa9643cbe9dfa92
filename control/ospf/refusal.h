// SPDX-License-Identifier: BSD-3-Clause
// Why received bytes were refused, one counter each, and Parsed<T>: a value or such a reason.
//
// Parsers here are total: any bytes of any length give one or the other and nothing is read past
// the end. A reason costs nothing to make, unlike an Error, since strangers can ask for as many as
// they like. Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

namespace spanway::ospf {

enum class Refusal : uint8_t {
  // The packet's header (RFC 2328 section 8.2).
  kTruncatedHeader,  // fewer bytes than a header
  kBadVersion,       // not version 2
  kUnknownPacket,    // a type that is not 1 to 5
  kBadPacketLength,  // the length field is shorter than a header or longer than what came
  kBadPacketChecksum,
  // The packet's body (RFC 2328 appendix A.3).
  kTruncatedBody,  // the fixed part or the promised LSAs do not fit
  kRaggedBody,     // a list that does not end with a whole entry, or bytes behind the last one
  // LSAs (RFC 2328 sections 12.1, 13 and appendix A.4).
  kBadLsaLength,      // the length field is shorter than a header or not what the place asks
  kUnknownLsa,        // a type that is not 1 to 5
  kBadLsaChecksum,    // wrong, or zero: not computed
  kReservedSequence,  // 0x80000000 is never used (section 12.1.6)
  kBadLsaBody,        // counts and lengths in the body do not agree with the length field
  // Authentication (RFC 2328 appendix D, RFC 5709).
  kAuthTypeMismatch,  // another type than the interface's
  kWrongPassword,
  kUnknownKey,       // no key of this identifier
  kKeyNotInUse,      // its time of acceptance has not come or is over
  kBadDigestLength,  // not what the key's algorithm makes
  kTruncatedDigest,  // fewer bytes behind the packet than the digest has
  kWrongDigest,
  kReplayed,  // a cryptographic sequence number below the last one
  // Whom and where it is from (RFC 2328 sections 8.2 and 10.5).
  kInterfaceDown,  // or passive, or without OSPF
  kWrongArea,
  kOwnRouterId,      // somebody has our identifier, or our own packet came back
  kSecondNeighbour,  // on a point-to-point link, whose first neighbour still lives
  kTooManyNeighbours,
  kUnknownNeighbour,  // nobody of whom a Hello was heard, or not yet in that state
  kWrongMask,
  kWrongHelloInterval,
  kWrongDeadInterval,
  kWrongOptions,  // a stub area's
  kMtuTooLarge,   // its descriptions may not fit our link
  kCount,
};

inline constexpr size_t kRefusals = static_cast<size_t>(Refusal::kCount);

// A name for counters, as "bad-lsa-checksum".
std::string_view to_string(Refusal refusal) noexcept;

template <class T>
class [[nodiscard]] Parsed {
 public:
  Parsed(T value) : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT
  Parsed(Refusal refusal) : held_(std::in_place_index<1>, refusal) {}   // NOLINT
  [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  // By value: a loop over *parse(...) keeps what it runs over.
  T operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  // Only where has_value() is false.
  [[nodiscard]] Refusal refusal() const { return std::get<1>(held_); }

 private:
  std::variant<T, Refusal> held_;
};

}  // namespace spanway::ospf
