// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/run.h"

namespace spanway::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// "  try: 10.9.0.0/32      help: spanway route add ?"
std::string way_out(const std::vector<std::string>& tries, const std::string& help) {
  std::string out;
  if (!tries.empty()) out += "  try: " + joined(tries);
  if (!help.empty()) out += (out.empty() ? "  help: " : "      help: ") + help;
  return out.empty() ? out : out + "\n";
}

// A tab moves the caret as it moved the text.
std::string blanks_under(const std::string& text, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) out += c == '\t' ? '\t' : ' ';
  }
  return out;
}

}  // namespace

std::string failure_text(const Failure& failure, const Style& style) {
  const auto red = [&](const std::string& text) { return tinted(text, Tint::kBad, style); };
  if (failure.place) {
    const Complaint& place = *failure.place;
    const std::string marked = place.column < failure.line.size()
                                   ? failure.line.substr(place.column, place.length)
                                   : std::string("^");
    return (failure.where.empty() ? "" : failure.where + ":\n") + failure.line + "\n" +
           blanks_under(failure.line, place.column) +
           red(std::string(std::max<size_t>(columns(marked), 1), '^')) + " " + place.message +
           "\n" + way_out(place.tries, place.help);
  }
  std::string out = failure.message;
  // A message of several lines (faults of a configuration) is laid out already.
  if (out.find('\n') == std::string::npos) out = red("spanway: ") + out;
  if (out.empty() || out.back() != '\n') out += '\n';
  if (!failure.fix.empty()) out += "  try: " + failure.fix + "\n";
  return out;
}

}  // namespace spanway::cli
