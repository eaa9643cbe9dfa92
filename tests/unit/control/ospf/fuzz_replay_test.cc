// SPDX-License-Identifier: BSD-3-Clause
// The fuzz targets with seeded damage to the seeds: a bounded run of them in every build.
#include "dataplane/base/random.h"
#include "tests/fuzz/ospf_input.h"
#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

// Changes, cuts, doubles or moves some of the bytes.
void damage(Buffer& bytes, Random& random) {
  const auto at = [&] { return static_cast<ptrdiff_t>(random.below(bytes.size() + 1)); };
  switch (random.below(6)) {
    case 0:
      bytes.resize(random.below(bytes.size() + 1));
      break;
    case 1: {
      const Buffer copy(bytes.begin() + at(), bytes.end());
      bytes.insert(bytes.begin() + at(), copy.begin(), copy.end());
      break;
    }
    case 2: {
      const ptrdiff_t first = at();
      const ptrdiff_t behind = first + static_cast<ptrdiff_t>(random.below(30));
      bytes.erase(bytes.begin() + first,
                  bytes.begin() + std::min(behind, static_cast<ptrdiff_t>(bytes.size())));
      break;
    }
    default:
      if (!bytes.empty()) bytes[random.below(bytes.size())] = static_cast<uint8_t>(random());
  }
}

void replay(void (*play)(fuzz::Input), const std::vector<Buffer>& seeds) {
  constexpr uint64_t kSeed = 2'328;
  Random random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes = seeds[random.below(seeds.size())];
    for (uint64_t left = random.below(5); left != 0; --left) damage(bytes, random);
    if (bytes.size() > 4'000) bytes.resize(4'000);
    bytes.shrink_to_fit();
    play(bytes);
  }
  SUCCEED() << "the checks are in play(); seed " << kSeed;
}

std::vector<Buffer> with_bodies(const std::vector<std::string_view>& seeds) {
  std::vector<Buffer> out;
  for (const std::string_view seed : seeds) {
    out.push_back(hex(seed));
    out.push_back(body_of(out.back()));
  }
  return out;
}

TEST(FuzzReplay, Hello) {
  replay(fuzz::play_hello, with_bodies({fuzz::kHello, fuzz::kSimpleHello, fuzz::kMd5Hello}));
}
TEST(FuzzReplay, Description) { replay(fuzz::play_description, with_bodies({fuzz::kDescription})); }
TEST(FuzzReplay, Request) { replay(fuzz::play_request, with_bodies({fuzz::kRequest})); }
TEST(FuzzReplay, Update) {
  replay(fuzz::play_update,
         with_bodies({fuzz::kUpdate, fuzz::kNetworkUpdate, fuzz::kSha256Update}));
}
TEST(FuzzReplay, Ack) { replay(fuzz::play_ack, with_bodies({fuzz::kAck})); }
TEST(FuzzReplay, Lsa) {
  std::vector<Buffer> seeds{router_lsa(0), router_lsa(5)};
  for (const std::string_view seed : {fuzz::kUpdate, fuzz::kNetworkUpdate}) {
    const Buffer body = body_of(hex(seed));
    const Parsed<std::vector<fuzz::Input>> lsas = parse_update(body);
    ASSERT_TRUE(lsas);
    for (const fuzz::Input lsa : *lsas) seeds.emplace_back(lsa.begin(), lsa.end());
  }
  replay(fuzz::play_lsa, seeds);
}

}  // namespace
}  // namespace spanway::ospf::test
