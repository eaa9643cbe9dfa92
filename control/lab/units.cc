// SPDX-License-Identifier: BSD-3-Clause
#include <charconv>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "control/lab/parse.h"

namespace spanway::lab {
namespace {

struct Suffix {
  std::string_view text;
  double factor;
};

std::optional<double> scaled(const std::string& text, std::initializer_list<Suffix> suffixes) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  const std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Suffix& suffix : suffixes)
    if (rest == suffix.text) return number * suffix.factor;
  return std::nullopt;
}

}  // namespace

Result<uint64_t> parse_rate(const std::string& text) {
  const auto value = scaled(text, {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}});
  if (!value || *value > 1e12)
    return Error{ErrorCode::kInvalid, "'" + text + "' is not a rate", "10G, 1.5M, 64k or 0"};
  return static_cast<uint64_t>(*value);
}

Result<Nanos> parse_span(const std::string& text) {
  const auto value = scaled(text, {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}});
  if (!value || *value > 1e15)
    return Error{ErrorCode::kInvalid, "'" + text + "' is not a span of time", "50us, 1.5ms or 2s"};
  return Nanos(static_cast<int64_t>(*value));
}

}  // namespace spanway::lab
