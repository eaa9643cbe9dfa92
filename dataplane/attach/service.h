// SPDX-License-Identifier: BSD-3-Clause
// The applications of one worker: serves their channels turn by turn, each as much as any other.
// The worker's thread, but for what is control's.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/attach/channel.h"
#include "dataplane/attach/shared_memory.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/transport/endpoint/app.h"

namespace spanway::attach {

class Service final : public transport::App {
 public:
  // What control is told of a channel.
  struct Notice {
    enum class Kind : uint8_t {
      kBroken,   // it has a fault(); its connections are being closed
      kRemoved,  // as asked for: none of its connections is open, and nobody here knows it
    };
    Kind kind{};
    Channel* channel = nullptr;
  };

  // most: applications at once.
  Service(uint16_t worker, size_t most);

  // Control. A channel lives until kRemoved and until all its connections are buried; at most
  // `most` are added and not removed. `eventfd`: by which its application wakes the worker, or -1.
  void add(Channel& channel, int eventfd = -1);
  void remove(Channel& channel, int eventfd = -1);
  bool hear(Notice& notice) { return notices_.pop(notice); }

  void on_open(transport::Endpoint& endpoint, transport::Session& session,
               Nanos now) noexcept override;
  void on_ready(transport::Endpoint& endpoint, transport::Session& session,
                Nanos now) noexcept override;
  void on_end(transport::Endpoint& endpoint, transport::Session& session, transport::End why,
              Nanos now) noexcept override;
  unsigned serve(transport::Endpoint& endpoint, Nanos now) noexcept override;

  void settle(Nanos now) noexcept override;
  // False: somebody has submitted something.
  bool lie_down() noexcept override;
  void get_up() noexcept override;
  // An epoll, for the worker to sleep on; -1 when the machine has none left.
  [[nodiscard]] int bell() const noexcept { return bell_.get(); }

 private:
  struct Command {
    Channel* channel = nullptr;
    bool adds = false;
  };
  struct Place {
    Channel* channel = nullptr;
    bool removed = false, told = false, left = false;
  };
  void obey() noexcept;
  unsigned serve(transport::Endpoint& endpoint, Place& place, Nanos now) noexcept;

  uint16_t worker_;
  Fd bell_;
  std::vector<Place> places_;  // the first count_ are taken
  size_t count_ = 0;
  SpscRing<Command> commands_;
  SpscRing<Notice> notices_;
};

}  // namespace spanway::attach
