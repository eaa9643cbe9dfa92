// SPDX-License-Identifier: BSD-3-Clause
// The ring that two processes share, with a thread for each of them.
#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "dataplane/attach/ring.h"
#include "tests/support/shared_ring.h"

namespace spanway::attach {
namespace {

constexpr uint32_t kCount = 100'000;

Entry numbered(uint32_t number) {
  return {.kind = EntryKind::kSend, .connection = ~number, .place = number, .bytes = number ^ 7};
}

TEST(SharedRingRace, EveryEntryArrivesOnceAndInOrder) {
  test::RingRoom room(kLeastRing);
  RingProducer producer(room.memory());
  RingConsumer consumer(room.memory());
  std::thread other([&producer] {
    for (uint32_t i = 0; i < kCount;) {
      unsigned pushed = 0;
      while (i < kCount && pushed < 1 + i % 7 && producer.push(numbered(i))) ++i, ++pushed;
      producer.publish();
      if (pushed == 0) std::this_thread::yield();
    }
  });
  for (uint32_t i = 0; i < kCount;) {
    Entry got;
    unsigned popped = 0;
    while (popped < 1 + i % 5 && consumer.pop(got)) {
      EXPECT_EQ(got, numbered(i));
      ++i, ++popped;
    }
    consumer.give_back();
    if (popped == 0) std::this_thread::yield();
  }
  other.join();
  EXPECT_FALSE(producer.broken() || consumer.broken());
}

// Whoever sleeps is woken: were a bell ever missed, this would not end.
TEST(SharedRingRace, NobodySleepsThroughAnEntry) {
  test::RingRoom room(kLeastRing);
  RingProducer producer(room.memory());
  RingConsumer consumer(room.memory());
  std::counting_semaphore<> bell(0);
  std::counting_semaphore<> answered(0);
  constexpr uint32_t kWords = 20'000;
  std::thread other([&] {
    for (uint32_t i = 0; i < kWords; ++i) {
      producer.push(numbered(i));
      if (producer.publish()) bell.release();
      if (i % 3 == 0) answered.acquire();
    }
  });
  for (uint32_t i = 0; i < kWords;) {
    Entry got;
    while (i < kWords && consumer.pop(got)) {
      EXPECT_EQ(got, numbered(i));
      consumer.give_back();
      if (i++ % 3 == 0) answered.release();
    }
    if (i < kWords && consumer.lie_down()) {
      bell.acquire();
      consumer.get_up();
    }
  }
  other.join();
}

// A producer that writes over what was not given back is caught by its index, and what is read
// meanwhile is some entry: no two threads meet in a word that is not atomic.
TEST(SharedRingRace, AWildProducerIsOnlyEverBroken) {
  test::RingRoom room(kLeastRing);
  const RingMemory memory = room.memory();
  RingConsumer consumer(memory);
  std::atomic<bool> done{false};
  std::thread wild([&] {
    for (uint32_t i = 0; !done.load(std::memory_order_relaxed); ++i) {
      for (uint64_t& word : memory.slots[i % kLeastRing].words)
        std::atomic_ref<uint64_t>(word).store(i * 0x9e3779b97f4a7c15, std::memory_order_relaxed);
      store(memory.head->produced, i, std::memory_order_relaxed);
      if (i % 64 == 0) std::this_thread::yield();
    }
  });
  uint32_t read = 0;
  while (!consumer.broken() && read < kCount) {
    const uint32_t before = read;
    Entry got;
    while (consumer.pop(got)) ++read;
    consumer.give_back();
    if (read == before) std::this_thread::yield();
  }
  done.store(true, std::memory_order_relaxed);
  wild.join();
  EXPECT_TRUE(consumer.broken() || read >= kCount);
}

}  // namespace
}  // namespace spanway::attach
