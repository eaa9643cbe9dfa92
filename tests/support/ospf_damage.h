// SPDX-License-Identifier: BSD-3-Clause
// What can happen to an OSPF packet on its way, one wrong thing at a time: cut at every byte, every
// 16-bit field at the values that break parsers, IP's length right and wrong, checksums as they
// were and made right again. Pure functions.
#pragma once

#include "tests/support/frames.h"

namespace spanway::test {

struct OspfDamage {
  // Whoever looks at lengths and checksums alone (RFC 2328 section 8.2, without authentication)
  // refuses these, ...
  std::vector<Bytes> refused;
  // ... and has to look into these.
  std::vector<Bytes> let_through;
};

// `frame`: untagged Ethernet, an IPv4 header without options, and OSPF behind. No damaged frame is
// the same as it.
OspfDamage damage_of(const Bytes& frame);

// Makes OSPF's checksum right for what its length field says, if that much is there.
void mend_ospf_checksum(Bytes& packet);

}  // namespace spanway::test
