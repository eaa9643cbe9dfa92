// SPDX-License-Identifier: BSD-3-Clause
// Runs a fuzz target without a fuzzer: over seeded hostile frames, or over files given by name.
//
//   replay_walk [COUNT [SEED]]      replay_walk FILE...
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "tests/support/hostile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace {

using spanway::test::Bytes;

// A heap copy of exactly the input's size.
void play(const Bytes& input) {
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[input.size()]);
  std::copy(input.begin(), input.end(), copy.get());
  LLVMFuzzerTestOneInput(copy.get(), input.size());
}

void play_seeded(unsigned long count, unsigned long seed) {
  std::printf("%lu frames, seed %lu\n", count, seed);
  spanway::test::Hostile hostile(seed);
  for (unsigned long i = 0; i < count; ++i) {
    const Bytes frame = hostile.frame();
    play(frame);
    // The walk's target takes its first byte for the way in.
    Bytes led = frame;
    led.insert(led.begin(), static_cast<uint8_t>(i));
    play(led);
  }
}

}  // namespace

int main(int argc, char** argv) {
  char* end = nullptr;
  const unsigned long count = argc > 1 ? std::strtoul(argv[1], &end, 10) : 20'000;
  if (argc > 1 && *end != '\0') {
    for (int i = 1; i < argc; ++i) {
      std::ifstream file(argv[i], std::ios::binary);
      if (!file) {
        std::fprintf(stderr, "%s: can not be read\n", argv[i]);
        return 1;
      }
      play(Bytes(std::istreambuf_iterator<char>(file), {}));
    }
    return 0;
  }
  play_seeded(count, argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1);
  return 0;
}
