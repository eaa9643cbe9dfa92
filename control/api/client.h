// SPDX-License-Identifier: BSD-3-Clause
// A synchronous JSON-RPC client for the control socket: for the CLI and for tests. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::api {

class Client {
 public:
  Client() = default;
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // kUnavailable (exit code 3): no daemon there; kPermission (5): the socket is not ours to open.
  static Result<Client> connect(const std::string& socket);

  // The result, or the daemon's error with its fix. exit_code() then tells the failures apart.
  // Once `given_up` says so (asked about 20 times a second) the rest of `timeout` is not waited
  // for.
  Result<nlohmann::json> call(const std::string& method, const nlohmann::json& params,
                              Nanos timeout = seconds(30),
                              const std::function<bool()>& given_up = {});
  // Of the last call, as the CLI ends: 0 ok, 1 refused by the daemon, 3 daemon unreachable, 4
  // timeout, 5 permission, 6 not found. After 3 the client is of no more use; after 4 a late answer
  // is skipped by the next call.
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  int fd_ = -1;
  int64_t next_id_ = 1;
  int exit_code_ = 0;
  std::string unread_;
};

}  // namespace spanway::api
