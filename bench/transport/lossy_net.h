// SPDX-License-Identifier: BSD-3-Clause
// A network of this process's own whose loopback loses packets: where the kernel's TCP shows what
// it does about it.
#pragma once

namespace spanway::bench {

// From here on this process's sockets are in a namespace of their own, which ends with it. False,
// and nothing has changed: that takes root and nft.
bool enter_own_network();
// Of every packet that arrives there, this share is dropped.
bool lose(double share);

}  // namespace spanway::bench
