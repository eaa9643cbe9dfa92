// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/fused_kernel.h"

namespace spanway::worker {

const FusedKernel* fused_kernel(KernelChoice choice) noexcept {
  switch (choice) {
    case KernelChoice::kNone:
      return nullptr;
    case KernelChoice::kBest:
    case KernelChoice::kScalar:
      return &kScalarKernel;
    case KernelChoice::kAvx2:
    case KernelChoice::kAvx512:
      return nullptr;
  }
  return nullptr;
}

}  // namespace spanway::worker
