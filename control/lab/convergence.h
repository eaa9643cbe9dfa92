// SPDX-License-Identifier: BSD-3-Clause
// Has OSPF done all that it has to do? Compares the routers of a lab with what the wires that are
// whole right now make possible; the shortest paths are reckoned here, from the configs alone.
// Control thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "control/daemon/engine.h"
#include "control/lab/lab.h"
#include "dataplane/base/prefix.h"

namespace spanway::lab {

class Convergence {
 public:
  // The lab outlives this and keeps its routers' configs.
  explicit Convergence(Lab& lab);

  // Some wire has a router that speaks OSPF at both ends.
  [[nodiscard]] bool expected() const noexcept { return !links_.empty(); }
  // Both sides of every whole wire between routers are Full; those of a cut one are not; every
  // router has the route of least cost to every subnet at the edge that it can reach, and none to
  // the others.
  bool complete();
  // What the last complete() found missing first; "" when it was true.
  [[nodiscard]] const std::string& missing() const noexcept { return missing_; }
  // How often it is worth asking: a question costs more where there are many routers.
  [[nodiscard]] Nanos pause() const noexcept;

 private:
  struct End {
    size_t router = 0;
    std::string port;
    uint16_t cost = 0;
  };
  struct Link {
    std::string wire;
    std::array<End, 2> ends;
  };
  struct Owner {
    size_t router = 0;
    uint16_t cost = 0;
    std::string wire;  // that it stands on; "" for a TAP
  };
  struct Subnet {
    Prefix prefix;
    std::vector<Owner> owners;
    std::vector<uint64_t> distances;  // by router; kFar: out of reach, 0: an owner
  };
  void look_at_wires();
  void reckon(Subnet& subnet) const;
  [[nodiscard]] bool is_up(const std::string& wire) const;
  bool check(size_t router);
  bool check_neighbours(size_t router);
  bool check_routes(size_t router);
  bool miss(size_t router, const std::string& what);

  Lab& lab_;
  std::vector<daemon::Engine*> engines_;
  std::vector<Link> links_;
  std::vector<std::vector<size_t>> links_of_;  // by router
  std::vector<Subnet> subnets_;
  std::vector<std::string> cut_;  // wires, in order
  bool reckoned_ = false;
  size_t first_ = 0;  // where to look first: what was missing last time
  std::string missing_;
};

}  // namespace spanway::lab
