// SPDX-License-Identifier: BSD-3-Clause
// What came of a command, and the way to the daemon. One thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "control/api/client.h"
#include "control/cli/parse.h"

namespace spanway::cli {

// How the program ends (product contract; docs/cli.md lists them).
enum ExitCode : int {
  kDone = 0,
  kRefused = 1,
  kUsage = 2,
  kUnreachable = 3,
  kTimeout = 4,
  kNoPermission = 5,
  kMissing = 6,
};

struct Failure {
  std::string kind;  // a word of docs/api.md, or usage, unreachable
  std::string message;
  std::string fix;
  int exit_code = kRefused;
  std::optional<Complaint> place{};  // of a usage error
  std::string line{};                // that `place` points into
  std::string where{};               // "routes.txt:3", when the line is one of a file
};

struct Outcome {
  nlohmann::json result = nullptr;
  std::optional<Failure> failure{};
  int exit_code = kDone;

  static Outcome of(Failure failure);
  static Outcome usage(std::string message, std::string fix = {});
  static Outcome error(const Error& error);
};

class Session {
 public:
  Session(std::string socket, std::optional<double> timeout_s);

  // Connects when needed. `timeout_s` holds when -t is silent.
  Outcome call(std::string_view method, const nlohmann::json& params, double timeout_s = 5);
  void set_timeout(std::optional<double> timeout_s) { timeout_s_ = timeout_s; }
  [[nodiscard]] std::optional<double> timeout() const { return timeout_s_; }
  [[nodiscard]] const std::string& socket() const { return socket_; }

 private:
  std::string socket_;
  std::optional<double> timeout_s_;
  std::optional<api::Client> client_;
};

}  // namespace spanway::cli
