// SPDX-License-Identifier: BSD-3-Clause
// A small model of DPDK's rte_rcu_qsbr, as far as seam/qsbr.cc uses it: DPDK works with compiler
// builtins, which the model checker can not see. The same steps with the same orders as in DPDK
// 22.11; the shortcut of a remembered token and the waiting are left out.
#pragma once

#include <array>

#include "tests/model/modelled_atomic.h"

// What the library keeps in the memory it is given. Here the test owns it, since that memory is
// freed without a word to what lives in it.
struct ModelledQsbr {
  static constexpr unsigned kThreads = 2;
  static constexpr uint64_t kOffline = 0;

  ModelledQsbr() { current = this; }

  static inline ModelledQsbr* current = nullptr;  // the next one to be initialized
  std::atomic<uint64_t> token{1};
  std::array<std::atomic<uint64_t>, kThreads> seen;
};

struct rte_rcu_qsbr {
  ModelledQsbr* state;
};

inline size_t rte_rcu_qsbr_get_memsize(uint32_t) { return sizeof(rte_rcu_qsbr); }
inline int rte_rcu_qsbr_init(rte_rcu_qsbr* v, uint32_t) {
  v->state = ModelledQsbr::current;
  return 0;
}
inline int rte_rcu_qsbr_thread_register(rte_rcu_qsbr*, unsigned) { return 0; }

inline void rte_rcu_qsbr_thread_online(rte_rcu_qsbr* v, unsigned thread) {
  v->state->seen[thread].store(v->state->token.load(std::memory_order_relaxed),
                               std::memory_order_relaxed);
  rl::atomic_thread_fence(rl::mo_seq_cst, $);
}
inline void rte_rcu_qsbr_thread_offline(rte_rcu_qsbr* v, unsigned thread) {
  v->state->seen[thread].store(ModelledQsbr::kOffline, std::memory_order_release);
}
inline void rte_rcu_qsbr_quiescent(rte_rcu_qsbr* v, unsigned thread) {
  const uint64_t now = v->state->token.load(std::memory_order_acquire);
  if (now != v->state->seen[thread].load(std::memory_order_relaxed))
    v->state->seen[thread].store(now, std::memory_order_release);
}
inline uint64_t rte_rcu_qsbr_start(rte_rcu_qsbr* v) {
  const uint64_t token = v->state->token.fetch_add(1, std::memory_order_release) + 1;
  // DPDK asks for no more than that; but a worker that comes online meanwhile is only seen in time
  // because every locked instruction of x86 is a fence, too.
  rl::atomic_thread_fence(rl::mo_seq_cst, $);
  return token;
}
inline int rte_rcu_qsbr_check(rte_rcu_qsbr* v, uint64_t token, bool) {
  for (const auto& one : v->state->seen) {
    const uint64_t seen = one.load(std::memory_order_acquire);
    if (seen != ModelledQsbr::kOffline && seen < token) return 0;
  }
  return 1;
}
