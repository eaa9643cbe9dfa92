// SPDX-License-Identifier: BSD-3-Clause
// An application's attachment to a daemon: its channels and connections (application.cc), and the
// socket over which both are arranged (application_socket.cc). One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "dataplane/attach/packet_socket.h"
#include "dataplane/attach/ring.h"
#include "dataplane/client/connection.h"
#include "dataplane/client/patience.h"

namespace spanway::client {

class Application {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  int attach(const char* socket_path);
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] int fd() const { return epoll_.get(); }
  // 1: there is something already; 0: the fd will say so.
  int arm();
  int poll(spanway_event* events, int most, const Patience& patience);

  int connect(const attach::Where& peer, const attach::RegionPlan& plan, int timeout_ms,
              Connection** out);
  int listen(uint16_t port, const attach::RegionPlan& plan);
  int unlisten(uint16_t port);
  int accept(uint16_t port, Connection** out);
  void close(Connection& connection);

  // Something came, or the patience is at its end (SPANWAY_EAGAIN, SPANWAY_ETIMEOUT), or the
  // daemon.
  int wait(const Patience& patience);

  // For connections.
  [[nodiscard]] int dead() const { return dead_; }
  // False: no room now.
  bool submit(uint32_t worker, const attach::Entry& entry);
  void submit_surely(uint32_t worker, const attach::Entry& entry);
  void has_news(Connection& connection, uint32_t what);
  void has_consumed(Connection& connection);

 private:
  // The daemon answers at once or has trouble.
  static constexpr int kAnswerMs = 10'000;

  struct Worker {
    attach::SharedMemory memory;
    attach::Fd eventfd;
    attach::RingProducer submissions;
    attach::RingConsumer completions;
    std::deque<attach::Entry> deferred;  // that must not be lost and found no room
  };

  int shake_hands(const char* path);
  int add_worker(attach::Packet& packet);
  // Takes in what came; how much that was.
  unsigned turn();
  unsigned read_rings();
  bool spin();
  unsigned read_socket();
  void read_packet(attach::Packet& packet);
  void take(const attach::Entry& entry);
  void on_connection(attach::Packet& packet);
  void on_refused(const attach::RefusedMessage& message);
  void after_entry(Connection& connection);
  Connection* find(uint32_t key);
  void forget(Connection& connection);
  void flush();
  void flush_outbox();
  bool flush_deferred(Worker& worker);
  void publish(Worker& worker);
  void post_bytes(std::span<const uint8_t> message);
  template <class M>
  void post(const M& message) {
    post_bytes({static_cast<const uint8_t*>(static_cast<const void*>(&message)), sizeof(M)});
  }
  void die(int error, const std::string& why);
  int answer(uint32_t request, const Patience& patience);

  attach::Fd socket_, bell_, epoll_;
  std::vector<Worker> workers_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::map<uint32_t, std::unique_ptr<Connection>> dialling_;  // by request
  std::vector<std::unique_ptr<Connection>> failed_;           // until the caller closes them
  std::map<uint16_t, std::deque<Connection*>> listening_;     // to be accepted, by port
  std::map<uint32_t, int> answers_;                           // of requests to listen
  std::vector<attach::Entry> early_;  // about connections that the socket has not told of yet
  std::vector<Connection*> news_, dirty_;
  std::set<uint16_t> incoming_;
  std::deque<std::vector<uint8_t>> outbox_;
  uint32_t next_request_ = 1;
  uint64_t looked_at_ = 0;  // the socket, in cycles
  // Waits that sleep at once, as spins found nothing lately: of them left, and after the next.
  unsigned sleeps_left_ = 0, sleeps_ = 0;
  int dead_ = 0;
  std::string reason_;
};

// The API's name for what the daemon said.
int error_of(attach::Refused why);

}  // namespace spanway::client
