// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/election.h"

#include <tuple>

namespace spanway::ospf {
namespace {

bool ranks_above(const Candidate& a, const Candidate& b) {
  return std::tie(a.priority, a.router) > std::tie(b.priority, b.router);
}

// The highest of those for which `stands` holds.
template <class Predicate>
const Candidate* highest(const Candidate& self, std::span<const Candidate> others,
                         Predicate stands) {
  const Candidate* best = nullptr;
  const auto consider = [&](const Candidate& one) {
    if (one.priority > 0 && stands(one) && (!best || ranks_above(one, *best))) best = &one;
  };
  consider(self);
  for (const Candidate& other : others) consider(other);
  return best;
}

Elected hold(const Candidate& self, std::span<const Candidate> others) {
  const auto says_designated = [](const Candidate& one) { return one.designated == one.address; };
  // Step 2: who calls itself DR stands for nothing else; who calls itself backup goes first.
  const Candidate* backup = highest(self, others, [&](const Candidate& one) {
    return !says_designated(one) && one.backup == one.address;
  });
  if (!backup)
    backup = highest(self, others, [&](const Candidate& one) { return !says_designated(one); });
  // Step 3: without anybody who calls itself DR, the backup moves up.
  const Candidate* designated = highest(self, others, says_designated);
  if (!designated) designated = backup;
  return {designated ? designated->address : Ip4Addr{}, backup ? backup->address : Ip4Addr{}};
}

}  // namespace

Elected elect(Candidate self, std::span<const Candidate> others) {
  const auto part_of = [&self](const Elected& elected) {
    return std::pair(elected.designated == self.address, elected.backup == self.address);
  };
  const Elected first = hold(self, others);
  const std::pair before(self.designated == self.address, self.backup == self.address);
  if (part_of(first) == before) return first;
  // Step 4: told what it has become, this router is not both.
  self.designated = first.designated;
  self.backup = first.backup;
  return hold(self, others);
}

}  // namespace spanway::ospf
