// SPDX-License-Identifier: BSD-3-Clause
// JSON-RPC 2.0 on a UNIX stream socket: one document a line, a request line in, a response line
// out (docs/api.md).
//
// Control thread, one event loop, nothing blocks. Clients are hostile until proved otherwise: their
// number, the size and depth of a message, the answers they leave unread and the time they take are
// all bounded.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::api {

enum class Role : uint8_t {
  kReadOnly,  // may look
  kFull,      // may change
};

// Who asks, by SO_PEERCRED. root and the daemon's own user have Role::kFull.
struct Caller {
  Role role = Role::kReadOnly;
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

// Answers one request at once. `params` is an object; absent ones arrive as an empty object.
using Handler =
    std::function<Result<nlohmann::json>(const nlohmann::json& params, const Caller& caller)>;

struct ServerOptions {
  std::string socket;
  std::string group;           // owns the socket and has Role::kFull; empty: nobody more
  std::string readonly_group;  // Role::kReadOnly; empty: nobody
  size_t max_message_bytes = size_t{64} << 20;
  size_t max_readonly_bytes = size_t{16} << 20;  // of a message of a client that may only look
  // Answers that one client has not read yet; past it he is served again when he has read some.
  size_t max_backlog_bytes = size_t{4} << 20;
  size_t max_clients = 64;               // a quarter of them is kept for those who may change
  Nanos partial_deadline = seconds(30);  // for the rest of a request line once it has begun
  Nanos write_deadline = seconds(30);    // for a client that reads nothing
};

struct MethodInfo {
  std::string name;
  Role least = Role::kReadOnly;
};

struct ServerCounters {
  uint64_t accepted = 0, refused = 0;          // clients
  uint64_t requests = 0, errors = 0;           // of which answered with an error
  uint64_t dropped_slow = 0, dropped_big = 0;  // clients that broke a bound
};

class Server {
 public:
  Server(ServerOptions options, const Clock& clock);
  ~Server();  // removes the socket file
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Before listen() or between steps. A method in use is replaced.
  void add(std::string method, Role least, Handler handler);

  // For daemon.methods: in alphabetical order.
  [[nodiscard]] std::vector<MethodInfo> methods() const;

  // What a client is sent for this line, its line end with it; for whoever is in the same process.
  [[nodiscard]] std::string answer(std::string_view line, const Caller& caller);

  // Opens the socket, mode 0660 (0666 with a read-only group: its members are not in the file's
  // group; who is nobody here is turned away after accept). A file that a dead daemon left is
  // replaced; a live daemon's is an error.
  Status listen();

  // Readable when step() has something to do; for the caller's own poll. -1 before listen().
  [[nodiscard]] int poll_fd() const;
  // Serves what is ready and enforces deadlines; never waits. Call when poll_fd() is readable and
  // at least once a second.
  void step(Nanos now);

  [[nodiscard]] size_t clients() const;
  [[nodiscard]] const ServerCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spanway::api
