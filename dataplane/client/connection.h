// SPDX-License-Identifier: BSD-3-Clause
// A connection as the application sees it: what came and is not read, what was sent and is not
// delivered. The application's thread; Application owns it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "dataplane/attach/protocol.h"
#include "dataplane/attach/shared_memory.h"
#include "dataplane/client/send_area.h"
#include "dataplane/client/spanway.h"

namespace spanway::client {

class Application;

class Connection {
 public:
  Connection(Application& of, uint32_t request) : of_(of), request_(request) {}

  // The daemon gave it a region. False: it is none.
  bool adopt(const attach::ConnectionMessage& message, attach::SharedMemory region);
  // It will never be opened.
  void fail(int error);
  // An entry of its channel. False: no daemon of ours writes that.
  bool take(const attach::Entry& entry);

  // These do not wait.
  int send(uint16_t stream, const void* data, size_t bytes);
  int reserve(uint16_t stream, size_t bytes, void** room);
  int submit(uint16_t stream, size_t bytes);
  int receive(spanway_message* message) { return receive_up_to(message, UINT32_MAX); }
  // SPANWAY_ETOOLONG, and it stays, when the message is longer.
  int receive_up_to(spanway_message* message, size_t room);
  int release(const spanway_message& message);
  int finish();
  // What was read and not told.
  void tell_consumed();

  [[nodiscard]] int state() const;
  [[nodiscard]] bool drained() const { return outstanding_ == 0; }
  [[nodiscard]] uint32_t longest() const { return longest_; }
  [[nodiscard]] bool has_region() const { return !region_.bytes().empty(); }
  [[nodiscard]] bool is_over() const { return over_ != 0; }
  [[nodiscard]] bool opened() const { return opened_; }
  [[nodiscard]] uint32_t key() const { return key_; }
  [[nodiscard]] uint32_t worker() const { return worker_; }
  [[nodiscard]] uint32_t request() const { return request_; }
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] uint16_t peer_port() const { return peer_port_; }
  Application& of() { return of_; }

  // Application's and the caller's notes.
  uint32_t news = 0;  // SPANWAY_OPENED ...
  bool in_news = false;
  bool closed = false;  // by the caller
  bool dirty = false;   // in Application's list of those with something to tell
  void* context = nullptr;

 private:
  struct Inbound {
    uint32_t held = 0;  // messages that the caller has
    uint32_t consumed = 0, consumed_bytes = 0;
  };
  struct Outbound {
    SendArea area;
    uint32_t reserved_at = 0, reserved = 0;
  };
  [[nodiscard]] int may_send(uint16_t stream, size_t bytes) const;
  bool take_done(const attach::Entry& entry);

  Application& of_;
  uint32_t request_;
  uint32_t key_ = 0, worker_ = 0;
  uint16_t port_ = 0, peer_port_ = 0;
  std::string peer_;
  attach::SharedMemory region_;
  attach::RegionPlan plan_;
  bool opened_ = false, finished_ = false, peer_finished_ = false;
  int over_ = 0;  // SPANWAY_E...
  uint16_t send_streams_ = 0;
  uint32_t longest_ = 0;
  std::deque<attach::Entry> inbox_;
  std::vector<Inbound> in_;
  std::vector<Outbound> out_;
  uint32_t outstanding_ = 0;
};

}  // namespace spanway::client
