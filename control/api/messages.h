// SPDX-License-Identifier: BSD-3-Clause
// The error kinds of docs/api.md: what the server says and the client understands. Any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "dataplane/base/result.h"

namespace spanway::api {

enum class Kind : uint8_t {
  kParse,
  kRequest,
  kMethod,
  kInvalid,
  kInternal,
  kNotFound,
  kExists,
  kFull,
  kPermission,
  kUnavailable,
  kTimeout,
};

struct KindFacts {
  Kind kind;
  std::string_view word;  // data.kind
  int code;               // error.code
  ErrorCode error;
  int exit_code;  // the CLI's
};

inline constexpr std::array<KindFacts, 11> kKinds{{
    {Kind::kParse, "parse", -32700, ErrorCode::kInvalid, 1},
    {Kind::kRequest, "request", -32600, ErrorCode::kInvalid, 1},
    {Kind::kMethod, "method", -32601, ErrorCode::kInvalid, 1},
    {Kind::kInvalid, "invalid", -32602, ErrorCode::kInvalid, 1},
    {Kind::kInternal, "internal", -32603, ErrorCode::kInternal, 1},
    {Kind::kNotFound, "not_found", -32001, ErrorCode::kNotFound, 6},
    {Kind::kExists, "exists", -32002, ErrorCode::kExists, 1},
    {Kind::kFull, "full", -32003, ErrorCode::kFull, 1},
    {Kind::kPermission, "permission", -32004, ErrorCode::kPermission, 5},
    {Kind::kUnavailable, "unavailable", -32005, ErrorCode::kUnavailable, 1},
    {Kind::kTimeout, "timeout", -32006, ErrorCode::kUnavailable, 4},
}};

constexpr const KindFacts& facts(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }
constexpr Kind kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return Kind::kInvalid;
    case ErrorCode::kNotFound:
      return Kind::kNotFound;
    case ErrorCode::kExists:
      return Kind::kExists;
    case ErrorCode::kFull:
      return Kind::kFull;
    case ErrorCode::kPermission:
      return Kind::kPermission;
    case ErrorCode::kUnavailable:
      return Kind::kUnavailable;
    case ErrorCode::kInternal:
      return Kind::kInternal;
  }
  return Kind::kInternal;
}
constexpr const KindFacts* facts_of_code(int64_t code) {
  for (const KindFacts& entry : kKinds)
    if (entry.code == code) return &entry;
  return nullptr;
}

}  // namespace spanway::api
