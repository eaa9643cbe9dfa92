// SPDX-License-Identifier: BSD-3-Clause
// The threads that help control paint a large batch, kept off the workers' cores.
//
// Control thread, which is one of the crew itself while it waits. The others are TBB's, in an arena
// of our own; each is bound to the crew's cores when it comes in. There are none before the first
// large batch, and none ever where workers leave only one core.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/table/crew.h"

namespace spanway::publish {

class BuildCrew final : public table::Crew {
 public:
  // Memory, not arithmetic, is what a build waits for: more hands would not make it quicker.
  static constexpr unsigned kMostHands = 8;

  // One hand a core, up to kMostHands; of an empty list none but the caller's.
  explicit BuildCrew(std::vector<unsigned> cores);
  ~BuildCrew() override;
  BuildCrew(const BuildCrew&) = delete;
  BuildCrew& operator=(const BuildCrew&) = delete;

  [[nodiscard]] unsigned hands() const noexcept override { return hands_; }
  void run(size_t pieces, const std::function<void(size_t, unsigned)>& work) override;

  // The cores of `allowed` that `workers` workers leave: none of `pinned`, and one less for each
  // worker that is bound to none.
  static std::vector<unsigned> free_cores(std::vector<unsigned> allowed,
                                          const std::vector<unsigned>& pinned, size_t workers);

 private:
  class Arena;
  std::vector<unsigned> cores_;
  unsigned hands_;
  std::unique_ptr<Arena> arena_;  // made when first needed
};

}  // namespace spanway::publish
