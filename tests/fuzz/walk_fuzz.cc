// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: the whole walk of one frame. The first byte says how it comes in; the rest lies
// in a buffer of exactly its size, so that AddressSanitizer sees one byte read too many.
#include "dataplane/base/check.h"
#include "tests/support/hostile.h"
#include "tests/support/road.h"

namespace spanway::test {
namespace {

struct HostileRoad {
  HostileRoad() { set_hostile_routes(road); }
  Road road;
};

void walk(uint8_t how, const Bytes& bytes) {
  static HostileRoad hostile;
  Road& r = hostile.road;
  r.advance(seconds(1));
  switch (how % 4) {
    case 0:
      r.inject(seam::Inject::How::kRouted, Road::kRight, bytes);
      break;
    case 1:
      r.inject(seam::Inject::How::kFrame, Road::kRight, bytes);
      break;
    default:
      r.receive(how % 4 == 2 ? Road::kLeftPort : Road::kRightPort,
                std::vector{exact_packet_of(bytes)});
  }
  r.tell(seam::Message::Kind::kNeighbourFailed, Road::kRight, ip4_of("10.0.2.99"));
  r.sent();
  r.shut_down();
  r.punted();
  SPANWAY_CHECK(r.imbalance() == 0);
  SPANWAY_CHECK(r.drops(DropReason::kNone) == 0);
  SPANWAY_CHECK(buffers_in_use() == 0);
}

}  // namespace
}  // namespace spanway::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  constexpr size_t kMost = 1700;
  if (size == 0 || size > kMost) return 0;
  spanway::test::walk(bytes[0], spanway::test::Bytes(bytes + 1, bytes + size));
  return 0;
}
