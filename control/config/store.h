// SPDX-License-Identifier: BSD-3-Clause
// The running configuration, how it changes, and the file it is saved in.
//
// Control thread. An apply happens whole or not at all: when a change fails, those before it are
// undone in reverse order. With a confirm span the apply is undone when nobody confirms in time, so
// that an operator who has cut himself off gets back in. The file is replaced by rename, so that
// power loss or kill -9 at any moment leaves the old or the new text, whole.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/config/diff.h"
#include "control/config/schema.h"
#include "control/config/validate.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::config {

// Makes one change real. A failed change leaves things as they were before it. Going back from a
// change that succeeded should succeed; what can not be undone is counted (Store::broken).
class Applier {
 public:
  virtual ~Applier() = default;
  virtual Status apply(const Change& change) = 0;
  // Makes changes of routes real, one after the other or together. On an error `done` of them, from
  // the first on, are real, and it is the one at place `failed` that can not be.
  virtual Status apply_routes(std::span<const Change> changes, size_t& done, size_t& failed);
  // Around every list of changes: lets the engine publish many routes at once.
  virtual void begin(size_t changes) { (void)changes; }
  virtual void end() {}
};

struct ApplyReport {
  std::vector<Change> changes;  // what was done, in order; empty: nothing to do
  bool restart_needed =
      false;  // some of them wait for the next start; the applier never sees those
  Nanos confirm_by = Nanos::never();
};

class Store {
 public:
  static constexpr size_t kHistory = 16;                // applies that undo can take back,
  static constexpr size_t kHistoryChanges = 2'000'000;  // and the changes in them, the last aside

  // Starts from an empty Config. `path`: the file of save(); may be empty. `applier` outlives us.
  Store(std::string path, Applier& applier, DeviceCheck device = nullptr);

  [[nodiscard]] const Config& running() const { return running_; }
  // The Config that the file held when we last read or wrote it.
  [[nodiscard]] const Config& saved() const { return saved_; }
  [[nodiscard]] bool is_saved() const;  // a save now would change nothing
  [[nodiscard]] const std::string& path() const { return path_; }
  // [daemon] or [control] differs from what we started with.
  [[nodiscard]] bool restart_needed() const;
  // Grows by one with every change of running().
  [[nodiscard]] uint64_t version() const { return version_; }
  // Steps back that failed since the start. Not 0: running() may not tell the truth.
  [[nodiscard]] unsigned broken() const { return broken_; }

  // Reads the file (a missing one is an empty Config) and removes what an interrupted save left.
  // Does not apply it.
  [[nodiscard]] Result<Config> load();

  // The first apply, of what load() gave: [daemon] and [control] are in force already. Not for
  // undo().
  [[nodiscard]] Result<ApplyReport> boot(const Config& wanted);

  // Validates `wanted` and applies the difference. With `confirm` above zero confirm() must come
  // within that span or step() undoes it. While a confirm is pending, apply is refused.
  [[nodiscard]] Result<ApplyReport> apply(const Config& wanted, Nanos now, Nanos confirm = Nanos());
  // The same from a list of changes: cheap for a few routes of many. Refused while a confirm is
  // pending.
  [[nodiscard]] Result<ApplyReport> amend(const std::vector<Change>& changes);

  [[nodiscard]] Status confirm();
  [[nodiscard]] bool confirm_pending() const { return confirm_by_.has_value(); }
  [[nodiscard]] Nanos confirm_by() const { return confirm_by_.value_or(Nanos::never()); }

  // Takes back the last apply (also a pending one); again: the one before it.
  [[nodiscard]] Result<ApplyReport> undo();
  [[nodiscard]] size_t undo_depth() const { return history_.size(); }

  // Writes running() to the file. Refused while a confirm is pending.
  [[nodiscard]] Status save();

  // Undoes an apply whose confirm span has passed; returns true when it did. Call at least once a
  // second; confirm_by() says when.
  bool step(Nanos now);

 private:
  Result<ApplyReport> go(Config next, std::vector<Change> changes, std::vector<Change> back);
  Result<ApplyReport> amend_routes(const std::vector<Change>& changes);
  Status carry_out(const std::vector<Change>& changes);
  std::string roll_back(const std::vector<Change>& done);
  std::string force(const std::vector<Change>& changes);
  void remember(std::vector<Change> back);
  ApplyReport report(std::vector<Change> changes);

  std::string path_;
  Applier& applier_;
  DeviceCheck device_;
  Config running_;
  Config saved_;
  Daemon booted_daemon_;
  Control booted_control_;
  std::deque<std::vector<Change>> history_;  // each list leads back one apply
  std::optional<Nanos> confirm_by_;
  mutable std::optional<bool> is_saved_;  // unknown after a change
  uint64_t version_ = 0;
  unsigned broken_ = 0;
};

}  // namespace spanway::config
