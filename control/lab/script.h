// SPDX-License-Identifier: BSD-3-Clause
// Traffic in a lab, and what befalls its wires meanwhile: carries out the plan's events and times
// how long the routers need until their routes are complete again. Control thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/lab/convergence.h"
#include "control/lab/lab.h"
#include "control/lab/plan.h"
#include "dataplane/base/result.h"

namespace spanway::lab {

struct EventResult {
  EventPlan event;
  double at_s = 0;  // of traffic, when it was carried out
  // Until routes were complete; nullopt: they were not, or there is no OSPF.
  std::optional<double> complete_after_s;
  uint64_t lost = 0;  // datagrams, from this event to the next one, or to the end
};

class Script {
 public:
  using Stop = std::function<bool()>;
  // `tell` hears of an event when routes are complete after it, or when it is known that they do
  // not become so.
  Script(Lab& lab, std::function<void(const EventResult&)> tell);

  // Until every router's addresses are usable and OSPF, where it runs, is done. An error that says
  // what is missing when that takes longer than the bound.
  Status wait_ready(const Stop& stop);
  // How long OSPF took, from the start; nullopt: there is none.
  [[nodiscard]] std::optional<double> converged_s() const noexcept { return converged_s_; }

  // The plan's traffic and events, then the last datagrams. The seconds of traffic.
  Result<double> run(const Stop& stop);
  [[nodiscard]] const std::vector<EventResult>& events() const noexcept { return events_; }

 private:
  Status carry_out(const EventPlan& event, Nanos since);
  // Lets time pass until `end` and watches for routes to be complete.
  void watch(Nanos end, const Stop& stop);
  bool is_complete_now();
  void close_window();
  [[nodiscard]] uint64_t lost_so_far() const;

  Lab& lab_;
  std::function<void(const EventResult&)> tell_;
  Convergence convergence_;
  std::optional<double> converged_s_;
  std::vector<EventResult> events_;
  Nanos changed_at_{};  // by the last event
  Nanos next_look_{};
  bool waiting_ = false;      // for routes to be complete
  uint64_t lost_before_ = 0;  // the window of the last event
};

}  // namespace spanway::lab
