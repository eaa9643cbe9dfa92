// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/seam/qsbr.h"

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include <new>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/check.h"

namespace spanway::seam {

void Qsbr::Free::operator()(rte_rcu_qsbr* q) const noexcept {
  ::operator delete (q, std::align_val_t{kCacheLine});
}

Qsbr::Qsbr(uint16_t max_workers) {
  const size_t bytes = rte_rcu_qsbr_get_memsize(max_workers);
  qsbr_.reset(static_cast<rte_rcu_qsbr*>(::operator new (bytes, std::align_val_t{kCacheLine})));
  SPANWAY_CHECK(rte_rcu_qsbr_init(qsbr_.get(), max_workers) == 0);
  for (unsigned id = 0; id < max_workers; ++id)
    SPANWAY_CHECK(rte_rcu_qsbr_thread_register(qsbr_.get(), id) == 0);
}

Qsbr::~Qsbr() = default;

void Qsbr::online(WorkerId worker) noexcept {
  rte_rcu_qsbr_thread_online(qsbr_.get(), worker.value);
}
void Qsbr::offline(WorkerId worker) noexcept {
  rte_rcu_qsbr_thread_offline(qsbr_.get(), worker.value);
}
void Qsbr::quiet(WorkerId worker) noexcept { rte_rcu_qsbr_quiescent(qsbr_.get(), worker.value); }
uint64_t Qsbr::start() noexcept { return rte_rcu_qsbr_start(qsbr_.get()); }
bool Qsbr::passed(uint64_t token) noexcept {
  return rte_rcu_qsbr_check(qsbr_.get(), token, false) == 1;
}

Graveyard::~Graveyard() {
  while (!waiting_.empty()) dispose_oldest();
}

void Graveyard::retire(std::function<void()> dispose) {
  using Function = std::function<void()>;
  retire(
      [](void* raw, uint64_t) {
        const std::unique_ptr<Function> call(static_cast<Function*>(raw));
        (*call)();
      },
      new Function(std::move(dispose)));
}

void Graveyard::seal() {
  const size_t open = waiting_.size() - in_sealed_;
  if (open == 0) return;
  sealed_.push_back({qsbr_.start(), open});
  in_sealed_ += open;
}

size_t Graveyard::reclaim() {
  size_t count = 0;
  while (!sealed_.empty() && qsbr_.passed(sealed_.front().token)) {
    const size_t objects = sealed_.front().objects;
    sealed_.pop_front();
    for (size_t i = 0; i < objects; ++i) dispose_oldest();
    in_sealed_ -= objects;
    count += objects;
  }
  return count;
}

void Graveyard::dispose_oldest() {
  const Retired oldest = waiting_.front();
  waiting_.pop_front();
  oldest.dispose(oldest.object, oldest.argument);
}

}  // namespace spanway::seam
