// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/fused_kernel.h"

namespace spanway::worker {

namespace {

const FusedKernel* avx2() noexcept {
  return __builtin_cpu_supports("avx2") ? &kAvx2Kernel : nullptr;
}
const FusedKernel* avx512() noexcept {
  const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has ? &kAvx512Kernel : nullptr;
}

}  // namespace

const FusedKernel* fused_kernel(KernelChoice choice) noexcept {
  switch (choice) {
    case KernelChoice::kNone:
      return nullptr;
    case KernelChoice::kScalar:
      return &kScalarKernel;
    case KernelChoice::kAvx2:
      return avx2();
    case KernelChoice::kAvx512:
      return avx512();
    case KernelChoice::kBest:
      break;
  }
  if (const FusedKernel* best = avx512()) return best;
  if (const FusedKernel* best = avx2()) return best;
  return &kScalarKernel;
}

}  // namespace spanway::worker
