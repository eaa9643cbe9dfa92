// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/seam/published.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "dataplane/seam/qsbr.h"
#include "tests/race/readers.h"

namespace spanway::seam {
namespace {

constexpr uint16_t kReaders = 2;

// Wrong from the moment of its death, so that a reader of freed memory sees it even without a
// sanitizer.
struct Value {
  explicit Value(uint64_t n) : number(n), twin(~n) {}
  ~Value() { twin = number; }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  uint64_t number;
  uint64_t twin;
};

TEST(PublishedRace, ReadersSeeWholeValuesThatOnlyGrow) {
  Qsbr qsbr(kReaders);
  Graveyard graveyard(qsbr);
  Published<Value> published(std::make_unique<const Value>(0));
  std::atomic<uint64_t> broken{0};
  test::Readers readers(qsbr, kReaders, [&published, &broken] {
    static thread_local uint64_t last = 0;
    for (int i = 0; i < 8; ++i) {
      const Value* value = published.load();
      if (value->twin != ~value->number || value->number < last) broken.fetch_add(1);
      last = value->number;
    }
  });
  size_t freed = 0;
  for (uint64_t n = 1; n <= 20'000; ++n) {
    published.publish(std::make_unique<const Value>(n), graveyard);
    if (n % 16 == 0) graveyard.seal();
    if (n % 64 == 0) freed += graveyard.reclaim();
    if (n % 4096 == 0) readers.meet();
  }
  EXPECT_GT(freed, 0U) << "nothing was freed while the readers ran";
  readers.stop();
  EXPECT_EQ(broken.load(), 0U);
  graveyard.seal();
  graveyard.reclaim();
  EXPECT_EQ(graveyard.waiting(), 0U) << "readers are offline: nothing has to wait";
}

TEST(PublishedRace, AReaderThatIsNotQuietKeepsWhatItBorrowed) {
  Qsbr qsbr(1);
  Graveyard graveyard(qsbr);
  Published<Value> published(std::make_unique<const Value>(1));
  qsbr.online(WorkerId{0});
  const Value* borrowed = published.load();
  published.publish(std::make_unique<const Value>(2), graveyard);
  graveyard.seal();
  EXPECT_EQ(graveyard.reclaim(), 0U);
  EXPECT_EQ(borrowed->twin, ~uint64_t{1});
  qsbr.quiet(WorkerId{0});
  EXPECT_EQ(graveyard.reclaim(), 1U);
  qsbr.offline(WorkerId{0});
}

}  // namespace
}  // namespace spanway::seam
