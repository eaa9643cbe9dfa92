// SPDX-License-Identifier: BSD-3-Clause
#include "bench/table/withdraw.h"

#include <rte_cycles.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "bench/cores.h"
#include "bench/micro/addresses.h"
#include "bench/table/reader.h"
#include "bench/table/router.h"
#include "dataplane/base/check.h"
#include "dataplane/base/random.h"

namespace spanway::bench {
namespace {

// A fuller table is slower to look up in: all kinds of stretches follow each other at every
// filling, one time in this order and one time in the other.
constexpr size_t kParts = 20;
enum Kind : size_t { kCalm, kComputing, kElsewhere, kHere, kKinds };

void compute(double seconds) {
  const double end = wall_seconds() + seconds;
  Random random(1);
  uint64_t keep = 0;
  while (wall_seconds() < end)
    for (int i = 0; i < 1000; ++i) keep ^= random();
  SPANWAY_CHECK(keep != 1);  // so that it is computed
}

struct Round {
  double load = 0, withdrawal = 0;  // routes a second
  std::vector<Reader::Stretch> books{};
};

Round play(const Routes4& routes, const std::vector<Ip4Addr>& addresses, unsigned core) {
  constexpr double kSeconds = 0.03;
  const double count = static_cast<double>(routes.size());
  Router here(routes), elsewhere(routes);
  Reader reader(here, addresses, kParts * kKinds, core);
  Round round;
  round.load = count / here.load(routes, Router::kBatch);
  elsewhere.load(routes, Router::kBatch);
  double seconds = 0;
  for (size_t part = 0; part < kParts; ++part) {
    const size_t from = part * routes.size() / kParts, to = (part + 1) * routes.size() / kParts;
    const std::span leaving(&routes[from], to - from);
    for (size_t i = 0; i < kKinds; ++i) {
      const size_t kind = part % 2 == 0 ? i : kKinds - 1 - i;
      reader.during(part * kKinds + kind, [&] {
        if (kind == kCalm) usleep(static_cast<useconds_t>(kSeconds * 1e6));
        if (kind == kComputing) compute(kSeconds);
        if (kind == kElsewhere) elsewhere.withdraw(leaving);
        if (kind == kHere) seconds += here.withdraw(leaving);
      });
    }
  }
  round.withdrawal = count / seconds;
  reader.stop();
  round.books = reader.books();
  return round;
}

const char* const kTwin = "beside the same withdrawal from another router's tables";

// What a kind of traffic makes of all rounds.
struct Figures {
  std::vector<double> loads, withdrawals;  // by round
  // By part of a round.
  std::array<std::vector<double>, kKinds> rates, longest_us;
  std::vector<double> kept_of_calm, kept_of_elsewhere;

  void add(const Round& round) {
    const double cycles_per_us = static_cast<double>(rte_get_tsc_hz()) * 1e-6;
    loads.push_back(round.load);
    withdrawals.push_back(round.withdrawal);
    for (size_t part = 0; part < kParts; ++part) {
      const Reader::Stretch* const books = &round.books[part * kKinds];
      if (books[kHere].lookups == 0 || books[kElsewhere].lookups == 0) continue;  // too few routes
      for (size_t kind = 0; kind < kKinds; ++kind) {
        rates[kind].push_back(books[kind].rate());
        longest_us[kind].push_back(static_cast<double>(books[kind].longest_burst) / cycles_per_us);
      }
      kept_of_calm.push_back(books[kHere].rate() / books[kCalm].rate());
      kept_of_elsewhere.push_back(books[kHere].rate() / books[kElsewhere].rate());
    }
    SPANWAY_CHECK(!kept_of_calm.empty());
  }
  void tell(const std::string& traffic, std::vector<Case>& cases) const {
    cases.push_back({"worker during withdrawal, " + traffic,
                     median(rates[kHere]),
                     {{"no change", median(rates[kCalm])},
                      {"beside arithmetic", median(rates[kComputing])},
                      {kTwin, median(rates[kElsewhere])}}});
    cases.push_back({"it keeps, of pairs at equal filling, " + traffic,
                     median(kept_of_calm),
                     {{"no change", 1}},
                     "share"});
    cases.push_back({"it keeps, caches and memory being as busy, " + traffic,
                     median(kept_of_elsewhere),
                     {{kTwin, 1}},
                     "share"});
    cases.push_back(
        {"its longest burst in a stretch, " + traffic,
         median(longest_us[kHere]),
         {{"no change", median(longest_us[kCalm])}, {kTwin, median(longest_us[kElsewhere])}},
         "microseconds",
         false});
  }
};

}  // namespace

std::vector<Case> withdraw_mark(const Routes4& routes, const Options& options,
                                std::span<const unsigned> cores) {
  stay_on(cores.first(cores.size() - 1));
  const auto addresses_of = [&](Spread spread) {
    return make_addresses<Ip4Addr>(routes, spread, size_t{1} << 20, options.seed + 1);
  };
  const auto anywhere = addresses_of(Spread::kInPrefixes), hot = addresses_of(Spread::kFew);
  Figures of_anywhere, of_hot;
  for (unsigned i = 0; i < options.rounds; ++i) {
    of_anywhere.add(play(routes, anywhere, cores.back()));
    of_hot.add(play(routes, hot, cores.back()));
  }
  std::vector<Case> cases = {{"withdraw",
                              median(of_anywhere.withdrawals),
                              {{"our own load", median(of_anywhere.loads)}},
                              "routes_per_second"}};
  of_anywhere.tell("uniform inside prefixes", cases);
  of_hot.tell("16 hot flows", cases);
  return cases;
}

}  // namespace spanway::bench
