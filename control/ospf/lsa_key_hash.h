// SPDX-License-Identifier: BSD-3-Clause
// For tables by LSA.
#pragma once

#include <cstddef>
#include <cstdint>

#include "control/ospf/lsa_header.h"
#include "dataplane/base/hash.h"

namespace spanway::ospf {

struct LsaKeyHash {
  size_t operator()(const LsaKey& key) const noexcept {
    return hash_mix(uint64_t{key.id.value} << 32 | key.router.value,
                    static_cast<uint8_t>(key.type));
  }
};

}  // namespace spanway::ospf
