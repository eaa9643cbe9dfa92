// SPDX-License-Identifier: BSD-3-Clause
// The message protocol's side of control: makes connections and buries them. It says both halves of
// the handshake, gives each connection to the worker that its packets come to, and takes it back at
// its end. In between the packets are the worker's alone.
//
// Control thread; time is passed in.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/base/random.h"
#include "dataplane/base/result.h"
#include "dataplane/transport/endpoint/endpoint.h"
#include "dataplane/transport/endpoint/listening.h"
#include "dataplane/transport/endpoint/owners.h"
#include "dataplane/transport/message/dial.h"
#include "dataplane/transport/message/welcome.h"

namespace spanway::transport {

// How the host reaches the rest of the router. Must not call back into the caller.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // A whole IP packet whose sums are not written yet, to be routed as one of ours. False: it could
  // not be sent.
  virtual bool send_datagram(std::span<const uint8_t> packet) = 0;
  // Our address that packets for `destination` leave with; nullopt when no route leads there.
  virtual std::optional<IpAddr> source_towards(const IpAddr& destination) = 0;
};

// What a connection has from its owner.
struct Seat {
  uint64_t context = 0;  // what the App shall know it by
  // Where its messages are put together, receive_bytes() of the owner's Params, until it is buried.
  // Empty: the host finds some.
  std::span<uint8_t> memory{};
};

// Whose connections are: a part of control that has an App on every worker.
class Owner {
 public:
  virtual ~Owner() = default;
  virtual App& app(WorkerId worker) = 0;
  // What its connections take; all but `first`.
  [[nodiscard]] virtual Params params() const = 0;
  // A connection to a port of this owner's is about to be; nullopt: no.
  virtual std::optional<Seat> admit(uint32_t number, const Path& path) = 0;
  // A dial of this owner's has got its connection, or never will.
  virtual void connected(uint32_t number) = 0;
  virtual void failed(uint32_t number, const Error& why) = 0;
  // The connection is gone and nothing refers to it any more.
  virtual void buried(uint32_t number, uint64_t context) = 0;
};

struct HostOptions {
  uint16_t workers = 1;
  size_t most_sessions = 4096;     // at each worker, a power of two
  ConnectionOptions connection{};  // of all
  uint64_t seed = 1;               // of ports and packet numbers
};

struct DialOptions {
  Peer peer;
  std::optional<IpAddr> source{};  // default: as routed
  Nanos patience = seconds(5);
  Seat seat{};
};

struct HostCounts {
  uint64_t dialled = 0, accepted = 0, connected = 0, failed = 0, ended = 0;
  uint64_t stray = 0;   // handshake packets that nobody waited for
  uint64_t unsent = 0;  // handshake packets of ours that found no way out
};

// "10.0.0.1:7007", "[2001:db8::1]:7007".
std::string text_of(const Peer& peer);

class Host {
 public:
  // Fills with bytes that nobody can foresee.
  using Entropy = void (*)(void* source, std::span<uint8_t> bytes);

  // `outlet` and `source` outlive the host.
  Host(const HostOptions& options, Outlet& outlet, Entropy entropy, void* source);

  // The router ends: every connection says so to its peer and ends when that has answered.
  void leave();

  // Of connections made from now on.
  void protect(const Security& security);
  // Bytes of UDP payload a second; 0: as fast as the path allows.
  void limit_rate(uint64_t bytes_per_second) {
    options_.connection.rate_bytes_per_second = bytes_per_second;
  }
  [[nodiscard]] uint64_t rate_limit() const noexcept {
    return options_.connection.rate_bytes_per_second;
  }
  [[nodiscard]] Protected protection() const noexcept { return security_.by; }

  // Who dials this UDP port of ours is `owner`'s.
  Status listen(uint16_t port, Owner& owner);
  // Connections that are there stay, and their port with them.
  void unlisten(uint16_t port);
  // The number of the connection-to-be; connected() or failed() of the owner follows, from step()
  // or on_packet().
  Result<uint32_t> dial(const DialOptions& options, Owner& owner, Nanos now);
  // Forgets a dial that has not been answered; neither connected() nor failed() follows.
  void hang_up(uint32_t number);

  // A UDP payload of the handshake that came in at `worker`.
  void on_packet(WorkerId worker, const Path& path, std::span<const uint8_t> payload, Nanos now);
  // Runs what is due; when it wants to be called next at the latest.
  Nanos step(Nanos now);

  struct View {
    const Session* session;
    WorkerId worker;
    bool by_us;  // who dialled
    Nanos since;
    Protected by;
    Params ours, theirs;  // what each side takes
    // Bytes of packets a second, over the last second or so.
    double sent_rate, received_rate;
  };
  // All that are with workers, by number.
  [[nodiscard]] std::vector<View> sessions() const;
  [[nodiscard]] std::optional<View> session(uint32_t number) const;
  [[nodiscard]] size_t dialling() const noexcept { return dials_.size(); }
  [[nodiscard]] std::vector<uint16_t> ports() const;
  [[nodiscard]] const HostCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] const Welcome& welcome() const noexcept { return welcome_; }

  // What workers are given; as long as the host lives.
  [[nodiscard]] const Listening& listening() const noexcept { return listening_; }
  [[nodiscard]] const Owners& owners() const noexcept { return owners_; }
  [[nodiscard]] SessionRings& rings(WorkerId worker) noexcept { return *rings_[worker.value]; }

 private:
  struct FreeMemory {
    void operator()(uint8_t* memory) const noexcept { std::free(memory); }
  };
  using Memory = std::unique_ptr<uint8_t, FreeMemory>;
  struct Made {
    Memory memory;  // unless the owner has given some
    std::unique_ptr<Session> session;
    Owner* owner = nullptr;
    WorkerId worker;
    bool by_us = false;
    Nanos since;
    Protected by = Protected::kCrc32c;
    Params ours, theirs;
    // Of the gauges, for the rates.
    Nanos sampled_at;
    uint64_t bytes_sent = 0, bytes_received = 0;
    double sent_rate = 0, received_rate = 0;
  };
  struct Dialling {
    uint32_t number = 0;
    Dial dial;
    Path path;
    Owner* owner = nullptr;
    Seat seat;
    Nanos patience;
  };

  [[nodiscard]] Nonce128 nonce();
  // Random, in a place that is its own until it is freed.
  [[nodiscard]] ConnectionId new_id();
  void free_id(ConnectionId id);
  [[nodiscard]] std::optional<uint16_t> free_port();
  void on_open(WorkerId worker, const Path& path, std::span<const uint8_t> payload, Nanos now);
  void on_answer(WorkerId worker, const Path& path, std::span<const uint8_t> payload,
                 ConnectionId own, Nanos now);
  // Gives it to the worker; false: that worker has no room.
  bool hand_over(uint32_t number, const Path& path, const Seat& seat, Owner& owner,
                 const Established& established, WorkerId worker, std::optional<Nanos> round_trip,
                 Nanos now);
  [[nodiscard]] bool is_dialled_from(uint16_t port) const;
  // Somebody listens there, dials from there, or has a connection there: what comes to it is ours.
  void hold_port(uint16_t port);
  void release_port(uint16_t port);
  void say(const Path& path, std::span<const uint8_t> payload);
  void bury(Session& session, Nanos now);
  void sample(Nanos now);
  static View view_of(const Made& made);

  HostOptions options_;
  Outlet& outlet_;
  Entropy entropy_;
  void* source_;
  Random random_;
  Security security_;
  Welcome welcome_;
  Listening listening_;
  std::vector<std::unique_ptr<SessionRings>> rings_;
  std::map<uint16_t, Owner*> listeners_;
  std::map<uint16_t, uint32_t> users_;  // of UDP ports
  std::map<ConnectionId, Dialling> dials_;
  std::map<uint32_t, Made> made_;
  std::set<uint32_t> places_;  // in owners_, of our ids
  Owners owners_;
  std::vector<size_t> held_;  // sessions at each worker
  uint32_t next_number_ = 1;
  Nanos next_sample_;
  HostCounts counts_;
};

}  // namespace spanway::transport
