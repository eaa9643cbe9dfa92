// SPDX-License-Identifier: BSD-3-Clause
// The running configuration, how it changes, and the file it is saved in.
//
// Control thread. An apply happens whole or not at all: when a change fails, those before it are
// undone in reverse order. With a confirm span the apply is undone when nobody confirms in time, so
// that an operator who has cut himself off gets back in. The file is replaced by rename, so that
// power loss or kill -9 at any moment leaves the old or the new text, whole.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "control/config/diff.h"
#include "control/config/schema.h"
#include "control/config/validate.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::config {

// Makes one change real. A failed change leaves things as they were before it. The inverse of a
// change that succeeded must succeed; what can not be undone is counted (Store::broken).
class Applier {
 public:
  virtual ~Applier() = default;
  virtual Status apply(const Change& change) = 0;
  // Around every list of changes: lets the engine publish many routes at once.
  virtual void begin(size_t changes) { (void)changes; }
  virtual void end() {}
};

struct ApplyReport {
  std::vector<Change> changes;  // what was done, in order; empty: nothing to do
  bool restart_needed = false;  // some of them wait for the next start
  Nanos confirm_by = Nanos::never();
};

class Store {
 public:
  static constexpr size_t kHistory = 16;  // applies that undo can take back

  // Starts from an empty Config. `path`: the file of save(); may be empty. `applier` outlives us.
  Store(std::string path, Applier& applier, DeviceCheck device = nullptr);

  [[nodiscard]] const Config& running() const { return running_; }
  // The Config that the file held when we last read or wrote it.
  [[nodiscard]] const Config& saved() const { return saved_; }
  [[nodiscard]] bool is_saved() const;  // a save now would change nothing
  [[nodiscard]] const std::string& path() const { return path_; }
  // Rollbacks that could not be completed since the start: running() may not tell the truth.
  [[nodiscard]] unsigned broken() const { return broken_; }

  // Reads the file (a missing one is an empty Config) and removes what an interrupted save left.
  // Does not apply it.
  [[nodiscard]] Result<Config> load();

  // Validates `wanted` and applies the difference. With `confirm` above zero confirm() must come
  // within that span or step() undoes it. While a confirm is pending, apply is refused.
  [[nodiscard]] Result<ApplyReport> apply(const Config& wanted, Nanos now, Nanos confirm = Nanos());
  // The same from a list of changes: cheap for a few routes of many.
  [[nodiscard]] Result<ApplyReport> amend(const std::vector<Change>& changes, Nanos now);

  [[nodiscard]] Status confirm();
  [[nodiscard]] bool confirm_pending() const { return confirm_by_.has_value(); }
  [[nodiscard]] Nanos confirm_by() const { return confirm_by_.value_or(Nanos::never()); }

  // Takes back the last apply (also a pending one); again: the one before it.
  [[nodiscard]] Result<ApplyReport> undo(Nanos now);
  [[nodiscard]] size_t undo_depth() const { return history_.size(); }

  // Writes running() to the file. Refused while a confirm is pending.
  [[nodiscard]] Status save();

  // Undoes an apply whose confirm span has passed; returns true when it did. Call at least once a
  // second; confirm_by() says when.
  bool step(Nanos now);

 private:
  Status carry_out(const std::vector<Change>& changes);
  void take_back(const std::vector<Change>& changes, size_t count);
  Result<ApplyReport> commit(std::vector<Change> changes, Config next, bool remember);

  std::string path_;
  Applier& applier_;
  DeviceCheck device_;
  Config running_;
  Config saved_;
  std::deque<std::vector<Change>> history_;  // each list leads back one apply
  std::optional<Nanos> confirm_by_;
  unsigned broken_ = 0;
};

}  // namespace spanway::config
