// SPDX-License-Identifier: BSD-3-Clause
// Replacing a file as a whole: after a crash at any moment it holds the old or the new bytes.
// Control thread; blocks on the disk.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/result.h"

namespace spanway::config {

// Writes a neighbour file, syncs it, renames it over `path` and syncs the directory. Keeps the
// mode of a file that is there; a new one gets 0640. A symbolic link is followed: the file that it
// names is replaced.
[[nodiscard]] Status save_file(const std::string& path, std::string_view text);

// Removes what an interrupted save_file() left beside `path`.
void sweep_stale(const std::string& path);

}  // namespace spanway::config
