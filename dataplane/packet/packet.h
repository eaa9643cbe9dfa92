// SPDX-License-Identifier: BSD-3-Clause
// A packet is a DPDK buffer with one cache line of our scratch behind its header.
//
// One owner at a time: whoever holds the Packet* frees it or hands it on. This header, and the
// drivers, are where DPDK's buffer type is known; the rest of the dataplane uses these functions.
#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/meta.h"

namespace spanway {

using Packet = rte_mbuf;

// Frames of more than one segment are linearised or dropped by the driver: data is contiguous.
inline uint8_t* data(Packet* p) noexcept { return rte_pktmbuf_mtod(p, uint8_t*); }
inline const uint8_t* data(const Packet* p) noexcept { return rte_pktmbuf_mtod(p, const uint8_t*); }
// Bytes in the frame, without the frame check sequence.
inline uint32_t length(const Packet* p) noexcept { return p->pkt_len; }

// The header that starts `at` bytes into the frame; the caller knows that it is there.
template <class Header>
Header& header_at(Packet* p, unsigned at) noexcept {
  return *reinterpret_cast<Header*>(data(p) + at);
}

// The scratch line. Only the worker that owns the packet touches it.
inline Meta& meta(Packet* p) noexcept { return *static_cast<Meta*>(rte_mbuf_to_priv(p)); }
inline const Meta& meta(const Packet* p) noexcept {
  return *static_cast<const Meta*>(rte_mbuf_to_priv(const_cast<Packet*>(p)));
}

// Back to the pool it came from. Any thread.
inline void release(Packet* p) noexcept { rte_pktmbuf_free(p); }
// Whole packets that nobody else holds and that come from one pool, the usual case, go back in one
// piece.
inline void release_burst(Packet** packets, unsigned count) noexcept {
  if (count == 0) return;
  rte_mempool* const pool = packets[0]->pool;
  uint64_t unusual = 0;
  for (unsigned i = 0; i < count; ++i) {
    const Packet& p = *packets[i];
    unusual |= reinterpret_cast<uintptr_t>(p.pool) ^ reinterpret_cast<uintptr_t>(pool);
    unusual |= p.ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
    unusual |= static_cast<uint64_t>(rte_mbuf_refcnt_read(&p) ^ 1) | (p.nb_segs ^ 1);
  }
  if (unusual == 0) [[likely]]
    rte_mempool_put_bulk(pool, reinterpret_cast<void* const*>(packets), count);
  else
    rte_pktmbuf_free_bulk(packets, count);
}

// Room before the data, then data, then room behind it; nullptr when there is not enough.
inline uint8_t* prepend(Packet* p, uint16_t bytes) noexcept {
  return reinterpret_cast<uint8_t*>(rte_pktmbuf_prepend(p, bytes));
}
inline uint8_t* trim_front(Packet* p, uint16_t bytes) noexcept {
  return reinterpret_cast<uint8_t*>(rte_pktmbuf_adj(p, bytes));
}
inline uint8_t* append(Packet* p, uint16_t bytes) noexcept {
  return reinterpret_cast<uint8_t*>(rte_pktmbuf_append(p, bytes));
}
inline bool trim_back(Packet* p, uint16_t bytes) noexcept {
  return rte_pktmbuf_trim(p, bytes) == 0;
}

// What the card said of a received checksum. Unknown means: verify in software.
enum class ChecksumVerdict : uint8_t { kUnknown, kGood, kBad };

inline ChecksumVerdict ip_checksum_verdict(const Packet* p) noexcept {
  switch (p->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) {
    case RTE_MBUF_F_RX_IP_CKSUM_GOOD:
      return ChecksumVerdict::kGood;
    case RTE_MBUF_F_RX_IP_CKSUM_BAD:
      return ChecksumVerdict::kBad;
    default:
      return ChecksumVerdict::kUnknown;
  }
}
inline ChecksumVerdict l4_checksum_verdict(const Packet* p) noexcept {
  switch (p->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) {
    case RTE_MBUF_F_RX_L4_CKSUM_GOOD:
      return ChecksumVerdict::kGood;
    case RTE_MBUF_F_RX_L4_CKSUM_BAD:
      return ChecksumVerdict::kBad;
    default:
      return ChecksumVerdict::kUnknown;
  }
}

// Where new packets come from. Wraps a DPDK mempool, whose per-thread caches make any thread
// welcome.
class BufferSource {
 public:
  explicit BufferSource(rte_mempool* pool = nullptr) noexcept : pool_(pool) {}
  // An empty packet with default headroom, meta cleared; nullptr when the pool is dry.
  [[nodiscard]] Packet* allocate() const noexcept {
    Packet* p = rte_pktmbuf_alloc(pool_);
    if (p != nullptr) meta(p) = Meta{};
    return p;
  }
  [[nodiscard]] rte_mempool* pool() const noexcept { return pool_; }

 private:
  rte_mempool* pool_;
};

}  // namespace spanway
