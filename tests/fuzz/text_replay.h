// SPDX-License-Identifier: BSD-3-Clause
// Feeds a fuzz target of text with seeded mutations of given texts: the bounded run of a unit test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace spanway::test {

class TextMutator {
 public:
  TextMutator(uint64_t seed, std::vector<std::string> texts, std::vector<std::string> words)
      : random_(seed), texts_(std::move(texts)), words_(std::move(words)) {}

  std::string next() {
    std::string text = one_of(texts_);
    for (size_t i = 0, n = 1 + below(6); i < n; ++i) mutate(text);
    return text;
  }

 private:
  size_t below(size_t n) { return n == 0 ? 0 : static_cast<size_t>(random_() % n); }
  const std::string& one_of(const std::vector<std::string>& all) { return all[below(all.size())]; }
  void mutate(std::string& text) {
    const size_t at = below(text.size() + 1);
    const size_t length = below(std::min<size_t>(text.size() - at, 24) + 1);
    switch (below(6)) {
      case 0:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(below(text.size() + 1), text.substr(at, length));
        break;
      case 3:
        text.insert(at, one_of(words_));
        break;
      case 4:
        text.replace(at, length, one_of(words_));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> texts_, words_;
};

inline void replay(uint64_t seed, size_t runs, std::vector<std::string> texts,
                   std::vector<std::string> words) {
  TextMutator mutator(seed, std::move(texts), std::move(words));
  for (size_t i = 0; i < runs; ++i) {
    const std::string text = mutator.next();
    // A copy of exact size: ASan sees a read behind its end.
    const std::vector<uint8_t> bytes(text.begin(), text.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
}

}  // namespace spanway::test
