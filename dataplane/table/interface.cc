// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/interface.h"

namespace spanway::table {

InterfaceSet::InterfaceSet(std::vector<Interface> interfaces) {
  for (Interface& one : interfaces) {
    if (by_index_.size() <= one.index.value) by_index_.resize(one.index.value + size_t{1});
    if (one.vlan == 0) {
      if (untagged_.size() <= one.port.value)
        untagged_.resize(one.port.value + size_t{1}, kNoInterface);
      untagged_[one.port.value] = one.index;
    } else {
      tagged_.emplace(uint32_t{one.port.value} << 16 | one.vlan, one.index);
    }
    const IfIndex index = one.index;
    by_index_[index.value] = std::move(one);
  }
}

}  // namespace spanway::table
