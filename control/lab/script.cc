// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/script.h"

#include <algorithm>
#include <utility>

namespace spanway::lab {
namespace {

// IPv6 addresses wait for duplicate address detection: at most a random second, then one more.
// OSPF waits for a Hello, then exchanges databases; a lab of many hundred routers on a small
// machine takes its time.
constexpr Nanos kReadyWithin = seconds(60);
// Silent neighbours are gone after four seconds, mended wires say Hello within one.
constexpr Nanos kCompleteWithin = seconds(30);
// After the last datagram was sent: longer than any held packet or wire delay of the examples.
constexpr Nanos kSettle = millis(300);

}  // namespace

Script::Script(Lab& lab, std::function<void(const EventResult&)> tell)
    : lab_(lab), tell_(std::move(tell)), convergence_(lab) {}

bool Script::is_complete_now() {
  if (lab_.now() < next_look_) return false;
  next_look_ = lab_.now() + convergence_.pause();
  return convergence_.complete();
}

Status Script::wait_ready(const Stop& stop) {
  const Nanos start = lab_.now();
  bool ready = false;
  bool converged = !convergence_.expected();
  lab_.run(kReadyWithin, [&] {
    if (!converged && is_complete_now()) {
      converged = true;
      converged_s_ = (lab_.now() - start).seconds();
    }
    ready = ready || lab_.ready();
    return stop() || (ready && converged);
  });
  if (stop()) return {};
  const std::string within = std::to_string(static_cast<int>(kReadyWithin.seconds())) + " s";
  if (!ready)
    return Error{ErrorCode::kUnavailable, "the lab's routers were not ready within " + within,
                 "spanway -s SOCKET show ports, events"};
  if (!converged)
    return Error{ErrorCode::kUnavailable,
                 "OSPF has not converged within " + within + ": " + convergence_.missing(),
                 "spanway -s SOCKET show ospf neighbours, events"};
  return {};
}

uint64_t Script::lost_so_far() const {
  const Report report = lab_.report();
  const uint64_t accounted = report.received + report.on_wires;
  return report.sent > accounted ? report.sent - accounted : 0;
}

void Script::close_window() {
  const uint64_t lost = lost_so_far();
  if (!events_.empty()) events_.back().lost = lost > lost_before_ ? lost - lost_before_ : 0;
  lost_before_ = lost;
}

Status Script::carry_out(const EventPlan& event, Nanos since) {
  close_window();
  if (waiting_) tell_(events_.back());
  const bool cut = event.what == EventPlan::What::kCut;
  if (auto done = cut ? lab_.network().cut(event.wire) : lab_.network().mend(event.wire); !done)
    return done;
  changed_at_ = next_look_ = lab_.now();
  events_.push_back({event, (lab_.now() - since).seconds(), std::nullopt, 0});
  waiting_ = convergence_.expected();
  if (!waiting_) tell_(events_.back());
  return {};
}

void Script::watch(Nanos end, const Stop& stop) {
  if (end <= lab_.now()) return;
  lab_.run(end - lab_.now(), [&] {
    if (waiting_ && is_complete_now()) {
      waiting_ = false;
      events_.back().complete_after_s = (lab_.now() - changed_at_).seconds();
      tell_(events_.back());
    }
    return stop();
  });
}

Result<double> Script::run(const Stop& stop) {
  const Nanos start = lab_.now();
  lab_.traffic(true);
  for (const EventPlan& event : lab_.plan().events) {
    watch(start + event.at, stop);
    if (stop()) break;
    if (auto done = carry_out(event, start); !done) return done.error();
  }
  watch(start + lab_.plan().duration, stop);
  const double took = (lab_.now() - start).seconds();
  lab_.traffic(false);
  if (waiting_) watch(changed_at_ + kCompleteWithin, [&] { return stop() || !waiting_; });
  if (waiting_) tell_(events_.back());
  lab_.run(kSettle, nullptr);
  close_window();
  if (waiting_ && !stop())
    return Error{ErrorCode::kUnavailable,
                 "routes were not complete again: " + convergence_.missing(),
                 "spanway -s SOCKET show ospf neighbours, events"};
  return took;
}

}  // namespace spanway::lab
