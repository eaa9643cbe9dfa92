// SPDX-License-Identifier: BSD-3-Clause
// The proof of the lock-free push: lookups that are held up between their levels, against edits.
// Every answer must be one that was right at some moment of its lookup.
//
// Every insertion of a route has a next hop of its own, so an answer tells which one it saw.
// SPANWAY_PROOF_LOOKUPS and SPANWAY_PROOF_CHANGES are the fewest of a case.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/seam/qsbr.h"
#include "tests/race/delay.h"
#include "tests/race/families.h"
#include "tests/race/probe_table.h"
#include "tests/race/timeline.h"
#include "tests/support/sanitizer.h"

namespace spanway::test {
namespace {

constexpr WorkerId kReader{0};
constexpr uint16_t kTop = 32767;  // next hop

uint64_t wanted(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What both threads know.
template <class Family>
struct Stage {
  using Prefix = typename Family::Prefix;
  using Address = typename Family::Address;

  Stage() {
    Random random(11);
    std::set<Prefix> seen;
    for (const Prefix& route : Family::routes(random))
      if (seen.insert(route).second) routes.push_back(route);
    for (size_t route = 0; route < routes.size(); ++route)
      for (int i = 0; i < (route == kDancer ? 200 : 12); ++i)
        probes.push_back(Family::inside(routes[route], random));
    std::shuffle(probes.begin(), probes.end(), random);
    for (const Address& probe : probes) wires.push_back(Family::wire(probe));
  }

  std::vector<Prefix> routes;
  std::vector<Address> probes;
  std::vector<typename Family::Wire> wires;
  seam::Qsbr qsbr{1};
  seam::Graveyard graveyard{qsbr};
  typename Family::Fib fib{graveyard};
  Timeline timeline;
};

template <class Family>
class Writer {
 public:
  explicit Writer(Stage<Family>& stage)
      : stage_(stage), hops_(stage.routes.size()), turns_(stage.routes.size()) {
    hold_up(20, 3);
  }

  void run() {
    bool more = change(kDancer, fresh_hop(kDancer)) && change(kDefault, 1);
    while (more) {
      const uint64_t dice = random_.below(64);
      if (dice < 2)
        more = dance(dice == 1);
      else
        more = perform(any_step(dice < 8 ? 1 + random_.below(Step::kMost) : 1));
    }
  }

 private:
  // Whoever misses the route sees a default of another time: with the first default, the route was
  // always there. `together`: default and route change by one batch, which shows the default first.
  bool dance(bool together) {
    const uint16_t other = ++dances_ % 8 == 0 ? 0 : 2;
    if (!change(kDefault, 1)) return false;
    for (int i = 0; i < 8; ++i) {
      Step away;
      away.count = 2;
      away.changes[0] = {kDefault, hops_[kDefault], other};
      away.changes[1] = {kDancer, hops_[kDancer], 0};
      const bool gone = together ? perform(away) : change(kDefault, other) && change(kDancer, 0);
      if (!gone || !change(kDancer, fresh_hop(kDancer)) || !change(kDefault, 1)) return false;
    }
    return true;
  }
  bool change(uint32_t route, uint16_t hop) {
    Step step;
    step.count = 1;
    step.changes[0] = {route, hops_[route], hop};
    return perform(step);
  }
  Step any_step(uint64_t count) {
    Step step;
    if (count > 1 && random_.below(4) == 0)
      step.changes[step.count++] = {kDefault, hops_[kDefault],
                                    static_cast<uint16_t>(random_.below(3))};
    for (uint64_t i = step.count; i < count; ++i) {
      const auto route = static_cast<uint32_t>(2 + random_.below(hops_.size() - 2));
      const bool twice = std::any_of(step.changes.begin(), step.changes.begin() + step.count,
                                     [route](const Change& c) { return c.route == route; });
      const bool remove = hops_[route] != 0 && random_.below(2) == 0;
      if (!twice)
        step.changes[step.count++] = {route, hops_[route], remove ? uint16_t{0} : fresh_hop(route)};
    }
    return step;
  }
  // No other route has these, and this one had them long ago, if ever. 1 and 2 are the default's.
  uint16_t fresh_hop(uint32_t route) {
    const size_t each = (kTop - 2) / hops_.size();
    return static_cast<uint16_t>(3 + route * each + turns_[route]++ % each);
  }

  bool perform(const Step& step) {
    if (step.count > 1) return perform_together(step);
    if (!stage_.timeline.begin(step)) return false;
    const Change& only = step.changes[0];
    const auto& prefix = stage_.routes[only.route];
    while (!(only.after != 0 ? stage_.fib.insert(prefix, NextHopId{only.after})
                             : stage_.fib.remove(prefix)))
      make_room();
    finish(step);
    return true;
  }
  bool perform_together(const Step& step) {
    std::vector<typename Family::Change> changes;
    for (size_t i = 0; i < step.count; ++i)
      changes.push_back({stage_.routes[step.changes[i].route], NextHopId{step.changes[i].after}});
    if (random_.below(2) == 0) std::reverse(changes.begin(), changes.end());
    if (!stage_.timeline.begin(step)) return false;
    const bool all_made = stage_.fib.apply(changes).empty();
    EXPECT_TRUE(all_made) << "no room";
    finish(step);
    return all_made;
  }
  void finish(const Step& step) {
    stage_.timeline.end();
    for (size_t i = 0; i < step.count; ++i) hops_[step.changes[i].route] = step.changes[i].after;
    if (++steps_ % 64 == 0) hold_up_within(8);
    if (steps_ % 4 == 0) stage_.graveyard.seal();
    if (steps_ % 8 == 0) stage_.graveyard.reclaim();
  }
  void make_room() {
    stage_.graveyard.seal();
    stage_.graveyard.reclaim();
    std::this_thread::yield();
  }

  Stage<Family>& stage_;
  Random random_{5};
  std::vector<uint16_t> hops_;
  std::vector<size_t> turns_;
  uint64_t steps_ = 0, dances_ = 0;
};

template <class Family>
class Reader {
 public:
  static constexpr size_t kMost = 80;

  explicit Reader(Stage<Family>& stage) : stage_(stage), table_(stage.routes, stage.probes) {
    hold_up(200, 2);
  }

  void run(uint64_t lookups, uint64_t steps) {
    stage_.qsbr.online(kReader);
    const uint64_t meetings = lookups / 1000;
    while (wrong_.empty() &&
           (lookups_ < lookups || met_ < meetings || stage_.timeline.begun() < steps)) {
      burst();
      stage_.qsbr.quiet(kReader);
    }
    stage_.qsbr.offline(kReader);
    stage_.timeline.finish();
  }
  [[nodiscard]] uint64_t lookups() const { return lookups_; }
  // Lookups that some step came in between of.
  [[nodiscard]] uint64_t met() const { return met_; }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  static constexpr size_t kFlows = 16;
  static constexpr uint64_t kSeason = 512;  // bursts
  static constexpr uint64_t kBurstsADelay = 64;
  static constexpr uint64_t kStepsADelay = 128;  // at most
  static constexpr uint64_t kStepsAhead = 1024;  // at most

  // Lets the writer go on, many steps if this burst is going to be held up: it has about the time
  // of the delay for them.
  void pace(bool calm) {
    uint64_t steps = calm ? 0 : random_.below(2);
    if (random_.below(kBurstsADelay) == 0) {
      hold_up_within(calls_);
      steps = kStepsADelay >> random_.below(8);
    }
    allowed_ = std::min(allowed_ + steps, now_ + kStepsAhead);
    stage_.timeline.allow(allowed_);
  }

  void burst() {
    // In calm seasons the same few flows over and over.
    const uint64_t season = bursts_++ / kSeason;
    const bool hot = season % 4 == 0;
    pace(hot);
    const size_t count = hot ? kFlows : random_.below(4) == 0 ? 1 + random_.below(kMost) : 64;
    const uint64_t places = stage_.wires.size() - count;
    const size_t first = hot ? season * kFlows % places : random_.below(places);
    std::array<NextHopId, kMost> hops;
    const uint64_t calls = hook_calls();
    const uint64_t done = stage_.timeline.done();
    Family::look_up(stage_.fib, &stage_.wires[first], hops.data(), count, hot);
    const uint64_t begun = stage_.timeline.begun();
    calls_ = hook_calls() - calls;
    lookups_ += count;
    if (done != begun) met_ += count;
    judge(first, count, hops.data(), done, begun);
  }

  // A step in the order in which apply() shows it: the default, then all others.
  static std::pair<Step, Step> parts(const Step& step) {
    std::pair<Step, Step> both;
    for (size_t i = 0; i < step.count; ++i) {
      Step& part = step.changes[i].route == kDefault ? both.first : both.second;
      part.changes[part.count++] = step.changes[i];
    }
    return both;
  }

  void judge(size_t first, size_t count, const NextHopId* hops, uint64_t done, uint64_t begun) {
    if (now_ > done) table_.back(stage_.timeline.step(now_--));
    while (now_ < done) table_.forward(stage_.timeline.step(++now_));
    ASSERT_EQ(now_, done);
    if (same(first, count, hops)) return;
    std::vector<size_t> open(count);
    for (size_t i = 0; i < count; ++i) open[i] = i;
    close_right(open, first, hops);
    while (now_ < begun) {
      const auto [default_first, rest] = parts(stage_.timeline.step(++now_));
      table_.forward(default_first);
      close_right(open, first, hops);
      if (!Family::kTogether && rest.count > 1)
        std::erase_if(open, [&, &rest = rest](size_t i) {
          return table_.possible(rest, static_cast<uint32_t>(first + i), hops[i].value);
        });
      table_.forward(rest);
      close_right(open, first, hops);
    }
    if (!open.empty()) note_wrong(first + open[0], hops[open[0]], done, begun);
  }
  bool same(size_t first, size_t count, const NextHopId* hops) const {
    static_assert(sizeof(NextHopId) == sizeof(uint16_t));
    return std::memcmp(hops, &table_.answers()[first], count * sizeof(uint16_t)) == 0;
  }
  void close_right(std::vector<size_t>& open, size_t first, const NextHopId* hops) const {
    std::erase_if(open, [&](size_t i) { return table_.answers()[first + i] == hops[i].value; });
  }
  void note_wrong(size_t probe, NextHopId hop, uint64_t done, uint64_t begun) {
    wrong_ = stage_.probes[probe].to_string() + " gave " + std::to_string(hop.value) +
             ", which was never right from step " + std::to_string(done) + " to " +
             std::to_string(begun);
    const Step& last = stage_.timeline.step(begun);
    for (size_t i = 0; i < last.count; ++i) {
      const auto& prefix = stage_.routes[last.changes[i].route];
      wrong_ += "\n  " + prefix.to_string() + (prefix.contains(stage_.probes[probe]) ? " *" : "") +
                " " + std::to_string(last.changes[i].before) + " -> " +
                std::to_string(last.changes[i].after);
    }
  }

  Stage<Family>& stage_;
  ProbeTable<typename Family::Prefix, typename Family::Address> table_;
  Random random_{17};
  uint64_t now_ = 0;      // steps that table_ has seen
  uint64_t allowed_ = 0;  // steps the writer may do
  uint64_t bursts_ = 0, lookups_ = 0, met_ = 0;
  uint64_t calls_ = 0;  // of the hook, in the last burst
  std::string wrong_;
};

template <class Family>
void prove(Kernel kernel) {
  if (!can_run(kernel)) GTEST_SKIP() << "not on this CPU, or not seen by this sanitizer";
  const uint64_t lookups =
      wanted("SPANWAY_PROOF_LOOKUPS", kThreadSanitizer ? 1'000'000 : 10'000'000);
  const uint64_t steps = wanted("SPANWAY_PROOF_CHANGES", 20'000);
  use_at_most(kernel);
  Stage<Family> stage;
  std::thread writer([&stage] { Writer<Family>(stage).run(); });
  Reader<Family> reader(stage);
  reader.run(lookups, steps);
  writer.join();
  EXPECT_EQ(reader.wrong(), "");
  std::printf("%.1f M lookups, %.1f M of them while the table changed, %llu changes\n",
              static_cast<double>(reader.lookups()) * 1e-6,
              static_cast<double>(reader.met()) * 1e-6,
              static_cast<unsigned long long>(stage.timeline.begun()));
}

TEST(Proof, Ip4Scalar) { prove<Family4>(Kernel::kScalar); }
TEST(Proof, Ip4Avx2) { prove<Family4>(Kernel::kAvx2); }
TEST(Proof, Ip4Avx512) { prove<Family4>(Kernel::kAvx512); }
TEST(Proof, Ip6Scalar) { prove<Family6>(Kernel::kScalar); }
TEST(Proof, Ip6Avx2) { prove<Family6>(Kernel::kAvx2); }
TEST(Proof, Ip6Avx512) { prove<Family6>(Kernel::kAvx512); }

}  // namespace
}  // namespace spanway::test
