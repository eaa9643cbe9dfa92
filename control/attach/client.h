// SPDX-License-Identifier: BSD-3-Clause
// One application as control knows it: its socket, its channels, its connections with their memory,
// the ports it listens on, and what all of that adds up to. Control thread.
//
// Always: what a worker may still touch is kept until that worker has given it back, however the
// application went.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/attach/allowance.h"
#include "control/transport/host.h"
#include "dataplane/attach/bell.h"
#include "dataplane/attach/packet_socket.h"
#include "dataplane/attach/service.h"

namespace spanway::attach {

// What an application is attached to.
struct Surroundings {
  transport::Host& host;
  std::vector<Service*> services;  // by worker
  transport::Params params;        // packet_bytes and idle_ms of every connection
  uint32_t most_messages = 0;      // of a stream that a connection lets wait to be sent
  Limits limits;
};

class Client {
 public:
  Client(Surroundings& around, Fd socket);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Reads what it says, some of it. It may have left() afterwards.
  void step(Nanos now);
  // The connection to it ends. `text` is told, when there is somebody to tell.
  void leave(Refused why, const std::string& text);
  [[nodiscard]] bool owns(const Channel* channel) const;
  // One of its channels is not its worker's any more.
  void removed() { --channels_in_use_; }

  [[nodiscard]] bool left() const { return !socket_.is_open(); }
  // Nothing of it is in use any more.
  [[nodiscard]] bool is_gone() const { return left() && channels_in_use_ == 0 && links_.empty(); }
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] size_t connections() const { return links_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  class Claim;
  struct Link;
  struct ChannelPlace;

  void read(Packet& packet, Nanos now);
  void on_hello(const HelloMessage& message);
  void on_connect(const ConnectMessage& message, Nanos now);
  void on_hang_up(const HangUpMessage& message);
  void on_listen(const ListenMessage& message);
  void on_unlisten(const UnlistenMessage& message);
  void on_forget(const ForgetMessage& message);

  Status check(const RegionPlan& plan) const;
  Result<Link*> make_link(const RegionPlan& plan);
  void free_link(Link& link);
  // The dial is over; its connection, if there is one, is still its claim's.
  void retire(uint32_t request);
  void tell_of(const Link& link, WorkerId worker, uint32_t request, uint16_t port);
  void refuse(uint32_t request, const Error& why);
  void refuse(uint32_t request, Refused code, const Error& why);
  template <class M>
  void post(const M& message, std::span<const int> fds = {});

  Surroundings& around_;
  Fd socket_;
  Pipe bell_;
  std::vector<std::unique_ptr<ChannelPlace>> channels_;  // by worker
  std::vector<Channel*> by_worker_;
  size_t channels_in_use_ = 0;
  std::vector<uint32_t> generations_;                // by slot
  std::map<uint32_t, std::unique_ptr<Link>> links_;  // by slot
  std::map<uint16_t, std::unique_ptr<Claim>> listens_;
  std::map<uint32_t, std::unique_ptr<Claim>> dials_;  // by request
  std::vector<std::unique_ptr<Claim>> past_;          // of which connections are left
  bool deaf_ = false;                                 // it does not read its socket
  size_t bytes_ = 0;
  uint64_t completions_ = 0;
};

}  // namespace spanway::attach
