// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a config file: faults with a place, or a Config that survives being written.
#include <cstdint>
#include <string_view>

#include "control/config/diff.h"
#include "control/config/validate.h"
#include "control/config/write.h"
#include "dataplane/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spanway::config;
  const void* bytes = data;
  const std::string_view text(static_cast<const char*>(bytes), size);
  const Parsed parsed = parse(text);
  SPANWAY_CHECK(parsed.faults.size() <= kMaxFaults);
  for (const Fault& fault : parsed.faults) SPANWAY_CHECK(!fault.message.empty());
  for (const char c : render(parsed.faults, text, "f", parsed.more))
    SPANWAY_CHECK(c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20);
  if (!parsed.faults.empty()) return 0;
  // What can be read can be written and read again, whether it makes sense or not.
  const Parsed again = parse(write(parsed.config));
  SPANWAY_CHECK(again.faults.empty());
  SPANWAY_CHECK(again.config == parsed.config);
  if (!validate(parsed.config, parsed.places).empty()) return 0;
  Config reached;
  SPANWAY_CHECK(patch(reached, diff(reached, parsed.config)).has_value());
  SPANWAY_CHECK(diff(reached, parsed.config).empty());
  return 0;
}
