// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/lazy_array.h"

#include <sys/mman.h>

#include "dataplane/base/check.h"

namespace spanway::table {

void* map_lazy(size_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  SPANWAY_CHECK(at != MAP_FAILED);
  return at;
}

void unmap_lazy(void* at, size_t bytes) noexcept { munmap(at, bytes); }

}  // namespace spanway::table
