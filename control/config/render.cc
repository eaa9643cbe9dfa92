// SPDX-License-Identifier: BSD-3-Clause
// Faults as text, and the two ways to read a config in one step.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "control/config/parse.h"
#include "control/config/validate.h"

namespace spanway::config {
namespace {

constexpr size_t kShownBytes = 160;  // of a long line

std::string_view line_of(std::string_view text, uint32_t line) {
  size_t start = 0;
  for (uint32_t at = 1; at < line; ++at) {
    const size_t end = text.find('\n', start);
    if (end == std::string_view::npos) return {};
    start = end + 1;
  }
  std::string_view found = text.substr(start, text.find('\n', start) - start);
  if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
  return found;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }  // UTF-8

// The byte at which a column (counted in characters) starts.
size_t byte_of(std::string_view line, uint32_t column) {
  size_t at = 0;
  for (uint32_t seen = 1; at < line.size(); ++at)
    if (!continues(line[at]) && seen++ == column) break;
  return at;
}

// A secret is not to be read over a shoulder or in a log: of its line the value is left out.
std::string_view without_secret(std::string_view line) {
  const size_t at = line.find("secret");
  return at == std::string_view::npos ? line : line.substr(0, line.find('=', at));
}

// Nothing that a terminal would obey.
char harmless(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f) ? c : '?';
}

void show_line(std::string& out, std::string_view line, const Fault& fault) {
  line = without_secret(line);
  size_t caret = byte_of(line, fault.column);
  if (line.size() > kShownBytes) {
    const size_t from = caret > kShownBytes / 2 ? caret - kShownBytes / 2 : 0;
    line = line.substr(from, kShownBytes);
    caret -= from;
  }
  out += "  ";
  for (const char c : line) out += harmless(c);
  out += "\n  ";
  for (const char c : line.substr(0, caret))
    if (!continues(c)) out += c == '\t' ? '\t' : ' ';
  const size_t room = line.size() > caret ? line.size() - caret : 1;
  out.append(std::min<size_t>(std::max<uint32_t>(fault.width, 1), room), '^');
  out += '\n';
}

}  // namespace

std::string render(const std::vector<Fault>& faults, std::string_view text, std::string_view file,
                   size_t more) {
  std::string out;
  for (const Fault& fault : faults) {
    out += file;
    if (fault.line != 0)
      out += ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column);
    out += fault.warning ? ": warning: " : ": error: ";
    for (const char c : fault.message) out += harmless(c);
    out += '\n';
    if (fault.line != 0) show_line(out, line_of(text, fault.line), fault);
    if (fault.fix.empty()) continue;
    out += "  try: ";
    for (const char c : fault.fix) out += harmless(c);
    out += '\n';
  }
  if (more != 0) out += std::string(file) + ": and " + std::to_string(more) + " more\n";
  return out;
}

Checked check_text(std::string_view text, std::string_view file, const DeviceCheck& device) {
  Checked out;
  Parsed parsed = parse(text);
  if (parsed.faults.empty()) parsed.faults = validate(parsed.config, parsed.places, device);
  out.faults = std::move(parsed.faults);
  out.rendered = render(out.faults, text, file, parsed.more);
  for (const Fault& fault : out.faults) out.usable = out.usable && fault.warning;
  if (out.usable) out.config = std::move(parsed.config);
  return out;
}

Result<Config> load_text(std::string_view text, std::string_view file, const DeviceCheck& device) {
  Checked checked = check_text(text, file, device);
  if (checked.usable) return std::move(checked.config);
  std::string message = std::move(checked.rendered);
  while (!message.empty() && message.back() == '\n') message.pop_back();
  return Error{ErrorCode::kInvalid, std::move(message), {}};
}

Result<std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return Error{errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                 "can not open " + path + ": " + std::strerror(errno),
                 errno == EACCES ? "make it readable for the daemon's user" : ""};
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad())
    return Error{ErrorCode::kUnavailable, "can not read " + path + ": " + std::strerror(errno), {}};
  return text;
}

Result<Config> load_file(const std::string& path, const DeviceCheck& device) {
  auto text = read_text(path);
  if (!text) return std::move(text).error();
  return load_text(*text, path, device);
}

}  // namespace spanway::config
