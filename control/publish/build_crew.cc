// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/build_crew.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <utility>

namespace spanway::publish {

namespace tbb = oneapi::tbb;

namespace {

// Binds the threads that come into an arena.
class Binder final : public tbb::task_scheduler_observer {
 public:
  Binder(tbb::task_arena& arena, const std::vector<unsigned>& cores)
      : task_scheduler_observer(arena) {
    CPU_ZERO(&cores_);
    for (const unsigned core : cores) CPU_SET(core, &cores_);
    observe(true);
  }
  ~Binder() override { observe(false); }
  Binder(const Binder&) = delete;
  Binder& operator=(const Binder&) = delete;
  void on_scheduler_entry(bool is_worker) override {
    // Control stays where it is.
    if (is_worker) pthread_setaffinity_np(pthread_self(), sizeof cores_, &cores_);
  }

 private:
  cpu_set_t cores_;
};

}  // namespace

class BuildCrew::Arena {
 public:
  Arena(const std::vector<unsigned>& cores, unsigned hands)
      : arena_(static_cast<int>(hands)), binder_(arena_, cores) {}
  void run(size_t pieces, const std::function<void(size_t, unsigned)>& work) {
    arena_.execute([&] {
      tbb::parallel_for(size_t{0}, pieces, [&](size_t piece) {
        work(piece, static_cast<unsigned>(tbb::this_task_arena::current_thread_index()));
      });
    });
  }

 private:
  tbb::task_arena arena_;
  Binder binder_;
};

BuildCrew::BuildCrew(std::vector<unsigned> cores)
    : cores_(std::move(cores)),
      hands_(std::clamp(static_cast<unsigned>(cores_.size()), 1u, kMostHands)) {}

BuildCrew::~BuildCrew() = default;

void BuildCrew::run(size_t pieces, const std::function<void(size_t, unsigned)>& work) {
  if (hands_ == 1) {
    for (size_t piece = 0; piece < pieces; ++piece) work(piece, 0);
    return;
  }
  if (!arena_) arena_ = std::make_unique<Arena>(cores_, hands_);
  arena_->run(pieces, work);
}

std::vector<unsigned> BuildCrew::free_cores(std::vector<unsigned> allowed,
                                            const std::vector<unsigned>& pinned, size_t workers) {
  std::erase_if(allowed, [&](unsigned core) {
    return std::find(pinned.begin(), pinned.end(), core) != pinned.end();
  });
  const size_t roaming = workers > pinned.size() ? workers - pinned.size() : 0;
  allowed.resize(allowed.size() - std::min(allowed.size(), roaming));
  return allowed;
}

}  // namespace spanway::publish
