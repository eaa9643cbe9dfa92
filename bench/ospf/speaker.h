// SPDX-License-Identifier: BSD-3-Clause
// The rest of an area, behind one point-to-point link: just enough of OSPF to hand over a database
// and then to flood changes of it. It plays router 2 of an Area and is the higher of the two router
// IDs, so it leads the exchange. It asks for nothing: what the other side announces is acknowledged
// and forgotten. One thread, no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "bench/ospf/area.h"
#include "control/ospf/description.h"
#include "control/ospf/lsa.h"
#include "control/ospf/lsa_key_hash.h"
#include "control/ospf/packet.h"
#include "dataplane/base/units.h"

namespace spanway::bench {

class Speaker {
 public:
  // Hellos every 10 s, dead after 40; packets for a link of 1,500 bytes.
  using Send = std::function<void(std::vector<uint8_t>)>;
  Speaker(const Area& area, Send send);

  void receive(std::span<const uint8_t> packet);  // behind the IP header
  void tick(Nanos now);                           // several times a second
  void flood(const ospf::Lsa& lsa);               // one LSA that changed

  // The other side's own router-LSA says that we are adjacent.
  [[nodiscard]] bool full() const noexcept { return full_; }
  // The last flooded instance was acknowledged.
  [[nodiscard]] bool acknowledged() const noexcept { return !flooded_; }
  [[nodiscard]] size_t handed_over() const noexcept { return handed_over_; }

 private:
  struct Stored {
    std::vector<uint8_t> bytes;
    ospf::LsaHeader header;
  };
  void store(const ospf::Lsa& lsa);
  void send_hello();
  void begin_exchange();
  void send_description();
  void on_hello(const ospf::Packet& packet);
  void on_description(const ospf::Packet& packet);
  void on_request(const ospf::Packet& packet);
  void on_update(const ospf::Packet& packet);
  void on_ack(const ospf::Packet& packet);

  Send send_;
  ospf::Envelope envelope_;
  std::unordered_map<ospf::LsaKey, Stored, ospf::LsaKeyHash> database_;
  std::optional<ospf::RouterId> neighbour_;
  Nanos now_{}, hello_at_{}, again_at_ = Nanos::never();

  enum class Exchange : uint8_t { kNotYet, kStart, kGoing, kDone } exchange_ = Exchange::kNotYet;
  uint32_t sequence_ = 1'000;
  std::vector<ospf::LsaHeader> to_describe_;
  size_t described_ = 0;             // of those, before the description that is on its way
  bool last_one_ = false;            // that one is our last
  std::vector<uint8_t> on_its_way_;  // until it is answered: a description or a flooded LSA
  std::optional<ospf::LsaHeader> flooded_;

  size_t handed_over_ = 0;
  bool full_ = false;
};

}  // namespace spanway::bench
