// SPDX-License-Identifier: BSD-3-Clause
// One request line to one response line: JSON-RPC 2.0 without sockets. Control thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "control/api/messages.h"
#include "control/api/server.h"

namespace spanway::api {

// What one request may hold, so that the parsed form stays within a known multiple of the text.
inline constexpr size_t kMaxDepth = 64;
inline constexpr size_t kMaxValues = 8'000'000;

// Depth and number of values of a JSON text, without parsing it. Strings are stepped over.
struct Shape {
  size_t depth = 0;
  size_t values = 0;
};
[[nodiscard]] Shape measure(std::string_view text);

// An error response to nobody in particular (id null), with its line end.
[[nodiscard]] std::string error_line(Kind kind, const std::string& message,
                                     const std::string& fix = {});

class Dispatcher {
 public:
  void add(std::string method, Role least, Handler handler);
  [[nodiscard]] std::vector<MethodInfo> methods() const;

  // The response with its line end. Never throws, whatever the line or the handler.
  [[nodiscard]] std::string answer(std::string_view line, const Caller& caller);

  uint64_t requests = 0, errors = 0;

 private:
  struct Method {
    Role least;
    Handler handler;
  };
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace spanway::api
