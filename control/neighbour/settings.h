// SPDX-License-Identifier: BSD-3-Clause
// Every timer and bound of the neighbour tables, with its unit and source.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/units.h"

namespace spanway::neighbour {

struct Settings {
  // How long an answer counts; each entry takes 0.5 to 1.5 of it (RFC 4861 section 6.3.2). A probe
  // follows before the entry could die.
  Nanos reachable = seconds(60);
  Nanos delay_first_probe = seconds(5);  // RFC 4861 section 10
  Nanos retransmit = seconds(1);         // between two questions (RFC 4861 section 10)
  unsigned questions = 3;                // MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT
  // After a failure, questions about the address are answered "failed" without asking for this
  // long.
  Nanos fail_hold = seconds(2);

  // Bounds for each interface.
  size_t max_neighbours = 4096;  // usable learned entries, both families
  size_t max_questions = 512;    // open questions and failures in hold-off
  uint32_t questions_per_second = 500, question_burst = 100;
  uint32_t answers_per_second = 2000, answer_burst = 500;
  // Entries made or changed by what nobody asked for.
  uint32_t learning_per_second = 500, learning_burst = 500;

  // Our own addresses.
  unsigned announcements = 2;            // RFC 5227 section 1.1, ANNOUNCE_NUM
  Nanos announce_interval = seconds(2);  // ANNOUNCE_INTERVAL
  Nanos defend_interval = seconds(10);   // DEFEND_INTERVAL
  // RFC 5227 section 2.1: PROBE_NUM, PROBE_WAIT, and what stands for PROBE_MIN, PROBE_MAX and
  // ANNOUNCE_WAIT. The RFC's seconds are for many hosts that start together and have nothing to
  // lose; a router forwards nothing meanwhile, so that all of it fits in one second.
  unsigned probes = 3;                  // 0: IPv4 addresses are ready at once
  Nanos probe_delay_max = millis(200);  // before the first, random from 0 to this
  Nanos probe_interval = millis(200);   // between two, and behind the last
  unsigned detect_transmits = 1;        // RFC 4862 section 5.1; 0: addresses are ready at once
  Nanos detect_delay_max = seconds(1);  // RFC 4862 section 5.4.2, random from 0 to this
  unsigned report_transmits = 2;        // RFC 3810 section 9.1, robustness variable
  Nanos report_interval = seconds(1);   // RFC 3810 section 9.11
};

}  // namespace spanway::neighbour
