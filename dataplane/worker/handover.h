// SPDX-License-Identifier: BSD-3-Clause
// Rings from each worker to each other worker: frames that another must receive or send, and
// packets of connections that another has.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/base/tuning.h"
#include "dataplane/packet/packet.h"

namespace spanway::worker {

struct Handed {
  enum class To : uint8_t {
    kReceive,    // as if it came in at `port` there
    kTransmit,   // out of `port`
    kTransport,  // it has walked up to the message protocol, and its connection is there
  };
  Packet* packet = nullptr;
  PortId port{};
  To to = To::kReceive;
};

class Handover {
 public:
  explicit Handover(uint16_t workers) : workers_(workers) {
    for (unsigned i = 0; i < unsigned{workers} * workers; ++i)
      rings_.push_back(std::make_unique<SpscRing<Handed>>(tuning::kHandoverRing));
  }
  // `from` pushes, `to` pops.
  [[nodiscard]] SpscRing<Handed>& ring(WorkerId from, WorkerId to) noexcept {
    return *rings_[size_t{from.value} * workers_ + to.value];
  }
  [[nodiscard]] uint16_t workers() const noexcept { return workers_; }

 private:
  uint16_t workers_;
  std::vector<std::unique_ptr<SpscRing<Handed>>> rings_;
};

}  // namespace spanway::worker
