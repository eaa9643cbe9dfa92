// SPDX-License-Identifier: BSD-3-Clause
// Who paints a large batch: control alone, or several threads on cores that no worker has.
//
// Control thread. The tables know no thread library; who owns the threads implements this.
#pragma once

#include <cstddef>
#include <functional>

namespace spanway::table {

class Crew {
 public:
  virtual ~Crew() = default;
  // How many pieces may be worked on at the same time; 1: only the caller works.
  [[nodiscard]] virtual unsigned hands() const noexcept = 0;
  // Calls work(piece, hand) once for every piece below `pieces`, in any order, and returns when all
  // are done. No two calls at a time have the same hand; hands are below hands().
  virtual void run(size_t pieces, const std::function<void(size_t, unsigned)>& work) = 0;
};

}  // namespace spanway::table
