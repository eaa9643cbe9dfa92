// SPDX-License-Identifier: BSD-3-Clause
// Where applications attach: a UNIX socket (dataplane/attach/protocol.h), over which each gets its
// channels and its connections' memory. Who may: root, the daemon's own user, and members of a
// group. Control thread; nothing blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "control/api/listener.h"
#include "control/attach/client.h"

namespace spanway::attach {

struct ServerOptions {
  std::string socket;
  std::string group;  // whose members may attach as well; empty: nobody more
};

struct ServerCounts {
  uint64_t attached = 0;
  uint64_t refused = 0;  // who may not, or one too many
  uint64_t broken = 0;   // wrote what no application may
};

class Server {
 public:
  // All in `around` outlives it; destroy it when no worker runs any more.
  Server(ServerOptions options, Surroundings around);
  ~Server();

  Status listen();
  // Readable when step() has something to do. -1 before listen().
  [[nodiscard]] int poll_fd() const { return epoll_.get(); }
  // Serves what is ready; never waits. When poll_fd() is readable, and ten times a second.
  void step(Nanos now);
  // Tells everybody that the daemon ends. Workers still have to give back what they have.
  void stop();

  [[nodiscard]] size_t clients() const { return clients_.size(); }
  [[nodiscard]] size_t connections() const;
  [[nodiscard]] size_t bytes() const;
  [[nodiscard]] const ServerCounts& counts() const { return counts_; }

 private:
  void accept();
  void hear();

  ServerOptions options_;
  Surroundings around_;
  api::Listener listener_;
  struct Doors;
  std::unique_ptr<Doors> doors_;
  Fd epoll_;
  std::vector<std::unique_ptr<Client>> clients_;
  ServerCounts counts_;
};

}  // namespace spanway::attach
