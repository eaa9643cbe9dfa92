// SPDX-License-Identifier: BSD-3-Clause
// Every knob of the fast path, with its unit and its reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/units.h"

namespace spanway::tuning {

// Packets a receive burst. 64 saves two cycles a packet against 32 (bench/run forward4); 128 and
// more fall out of the first-level cache.
inline constexpr uint16_t kBurst = 64;
// Descriptors of each receive and transmit queue, when the device leaves the choice to us.
inline constexpr uint16_t kQueueDepth = 512;
// Per-core cache of the buffer pool: at least twice the burst, or every burst meets the shared
// ring.
inline constexpr uint32_t kPoolCache = 256;
// Buffers of the pool when the config is silent.
inline constexpr uint32_t kPoolBuffers = 16384;
// Bytes of data room in a buffer, headroom aside: a 1500-byte frame with two VLAN tags and slack.
inline constexpr uint16_t kBufferBytes = 2048;

// Turns between two visits to housekeeping (mailbox, held packets, quiet-point report).
inline constexpr uint32_t kHousekeepingTurns = 64;
// Turns without a packet before an idle worker lets others have its core between two turns, and
// for how long it does only that before it starts to sleep.
inline constexpr uint32_t kIdleTurns = 16;
inline constexpr Nanos kIdleSpin = micros(200);
// The longest sleep of an idle worker; below what a person or TCP would notice.
inline constexpr Nanos kIdleSleep = micros(50);
// A worker whose heartbeat is older than this is reported as stalled.
inline constexpr Nanos kStallAfter = millis(75);

// Packets kept while one neighbour resolves, and over all neighbours of one worker.
inline constexpr size_t kHoldPerNeighbour = 32;
inline constexpr size_t kHoldPerWorker = 1024;
// Time between two questions to control about one unresolved neighbour.
inline constexpr Nanos kHoldAskAgain = seconds(1);
// How long a held packet may wait. ARP gives up after three probes a second apart, and its verdict
// must come first: only then is the sender told.
inline constexpr Nanos kHoldLifetime = seconds(4);
// How often held packets are searched for old ones; a search touches every neighbour's entry.
inline constexpr Nanos kHoldScan = millis(100);

// Entries of the punt, inject, mailbox, trace and capture rings (powers of two).
inline constexpr size_t kPuntRing = 4096;
inline constexpr size_t kInjectRing = 1024;
inline constexpr size_t kMailbox = 1024;
inline constexpr size_t kTraceRing = 4096;
inline constexpr size_t kCaptureRing = 2048;
inline constexpr size_t kHandoverRing = 1024;

// ICMP errors a worker may send a second, and in one burst (RFC 1812 section 4.3.2.8, RFC
// 4443 2.4f).
inline constexpr uint32_t kIcmpErrorsPerSecond = 1000;
inline constexpr uint32_t kIcmpErrorBurst = 100;

// Fragments for the router itself that a worker gives to control a second, and in one burst: some
// twenty datagrams of 64 KiB, and a quarter of the punt ring, so that ARP gets through beside them.
inline constexpr uint32_t kLocalFragmentsPerSecond = 10000;
inline constexpr uint32_t kLocalFragmentBurst = 1024;
// Handshakes that one worker lets through to control, each way.
inline constexpr uint32_t kTransportOpensPerSecond = 10000;
inline constexpr uint32_t kTransportOpenBurst = 512;

}  // namespace spanway::tuning
