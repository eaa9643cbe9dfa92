// SPDX-License-Identifier: BSD-3-Clause
// A neighbour on an interface (RFC 2328 section 10): what is known of it and how far the two
// databases have come together. Data; who changes it: hello_protocol.h, neighbour_fsm.h,
// exchange.h, flooding.h. Control thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "control/ospf/description.h"
#include "control/ospf/lsdb.h"
#include "control/ospf/retransmissions.h"
#include "control/ospf/states.h"

namespace spanway::ospf {

// The exchange of descriptions (sections 10.6 and 10.8). Begun anew with every ExStart.
struct Exchange {
  bool master = false;  // we are
  uint32_t sequence = 0;
  // What is left to be described, from `described` on.
  std::vector<LsaHeader> summary{};
  size_t described = 0;
  bool told_all = false;  // our last description had M clear
  // The last one that came, without its headers: another one like it is a duplicate.
  std::optional<Description> heard{};
  // The last one that went, to be sent again, and when; never() when the other side has to move.
  std::vector<uint8_t> sent{};
  Nanos again = Nanos::never();
};

struct Neighbour {
  RouterId router;
  Ip4Addr address;
  NeighbourState state = NeighbourState::kDown;
  Nanos since{};
  uint64_t changes = 0;

  // From its last Hello.
  uint8_t priority = 0, options = 0;
  Ip4Addr designated, backup;
  Nanos dies_at = Nanos::never();
  // The highest that it has used (appendix D.5); nullopt before the first.
  std::optional<uint32_t> cryptographic_sequence{};

  Exchange exchange{};
  uint32_t next_description_sequence = 0;  // of an exchange that we begin
  // What it has and we want (section 10.9): all of it, and what was asked for last.
  std::map<LsaKey, LsaHeader> requests{};
  std::vector<LsaKey> asked{};
  Nanos ask_again = Nanos::never();
  // It asked for our router-LSA while we had not all of its LSAs: when we have, that LSA names it,
  // and the answer need not be followed by a newer one, which it would take for too early.
  Nanos answer_own_by = Nanos::never();
  Retransmissions retransmissions{};
  // When it was sent this router's own LSAs as answers to requests: it may refuse newer ones that
  // come within MinLSArrival.
  std::map<LsaKey, Nanos> told{};

  // At least as far as the state.
  [[nodiscard]] bool reached(NeighbourState at_least) const noexcept { return state >= at_least; }
  [[nodiscard]] bool is_full() const noexcept { return state == NeighbourState::kFull; }
  // The two exchange databases or have done so.
  [[nodiscard]] bool floods() const noexcept { return state >= NeighbourState::kExchange; }
};

}  // namespace spanway::ospf
