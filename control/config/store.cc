// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/store.h"

#include <algorithm>
#include <utility>

#include "control/config/save_file.h"
#include "control/config/write.h"

namespace spanway::config {
namespace {

Error refused(std::string message, std::string fix) {
  return Error{ErrorCode::kInvalid, std::move(message), std::move(fix)};
}

Error confirm_first() {
  return refused("an apply waits for its confirmation", "config confirm, or config undo");
}

bool about_routes(const Change& change) {
  return std::holds_alternative<RouteAdded>(change) ||
         std::holds_alternative<RouteRemoved>(change) ||
         std::holds_alternative<RouteChanged>(change);
}

// Where the changes of routes that begin at `first` end; `first` when there is none.
size_t end_of_routes(const std::vector<Change>& changes, size_t first) {
  size_t end = first;
  while (end < changes.size() && about_routes(changes[end])) ++end;
  return end;
}

}  // namespace

Status Applier::apply_routes(std::span<const Change> changes, size_t& done, size_t& failed) {
  for (done = 0; done < changes.size(); ++done)
    if (Status status = apply(changes[done]); !status) {
      failed = done;
      return status;
    }
  return {};
}

Store::Store(std::string path, Applier& applier, DeviceCheck device)
    : path_(std::move(path)), applier_(applier), device_(std::move(device)) {}

bool Store::is_saved() const {
  if (!is_saved_) is_saved_ = running_ == saved_ || diff(saved_, running_).empty();
  return *is_saved_;
}

bool Store::restart_needed() const {
  return running_.daemon != booted_daemon_ || running_.control != booted_control_;
}

Result<Config> Store::load() {
  if (path_.empty()) return Config{};
  sweep_stale(path_);
  auto text = read_text(path_);
  if (!text && text.error().code == ErrorCode::kNotFound) return Config{};
  if (!text) return std::move(text).error();
  auto config = load_text(*text, path_, device_);
  if (config) saved_ = *config;
  is_saved_.reset();
  return config;
}

Result<ApplyReport> Store::boot(const Config& wanted) {
  if (Status status = check(wanted, device_); !status) return std::move(status).error();
  running_.daemon = booted_daemon_ = wanted.daemon;
  running_.control = booted_control_ = wanted.control;
  auto done = go(wanted, diff(running_, wanted), {});
  history_.clear();
  return done;
}

Result<ApplyReport> Store::apply(const Config& wanted, Nanos now, Nanos confirm) {
  if (confirm_by_) return confirm_first();
  if (Status status = check(wanted, device_); !status) return std::move(status).error();
  auto done = go(wanted, diff(running_, wanted), diff(wanted, running_));
  if (done && confirm > Nanos() && !done->changes.empty()) {
    confirm_by_ = now + confirm;
    done->confirm_by = *confirm_by_;
  }
  return done;
}

Result<ApplyReport> Store::amend(const std::vector<Change>& changes) {
  if (confirm_by_) return confirm_first();
  if (std::all_of(changes.begin(), changes.end(), about_routes)) return amend_routes(changes);
  Config next = running_;
  if (Status status = patch(next, changes); !status) return std::move(status).error();
  return apply(next, Nanos());
}

// The other routes, maybe a million, are neither copied nor judged again.
Result<ApplyReport> Store::amend_routes(const std::vector<Change>& changes) {
  Config judged;
  judged.ports = running_.ports;
  judged.vlans = running_.vlans;
  for (const Change& change : changes) {
    if (const auto* added = std::get_if<RouteAdded>(&change)) judged.routes.push_back(added->route);
    if (const auto* changed = std::get_if<RouteChanged>(&change))
      judged.routes.push_back(changed->after);
  }
  if (running_.routes.size() + judged.routes.size() > kMaxRoutes)
    return Error{ErrorCode::kFull, "there are more routes than fit", {}};
  if (Status status = check(judged); !status) return std::move(status).error();
  if (Status status = patch(running_, changes); !status) return std::move(status).error();
  std::vector<Change> back;
  back.reserve(changes.size());
  for (auto at = changes.rbegin(); at != changes.rend(); ++at) back.push_back(inverse(*at));
  if (Status status = carry_out(changes); !status) {
    // The engine is back already; the routes may now stand in another order, which means nothing.
    (void)patch(running_, back);
    return std::move(status).error();
  }
  if (!changes.empty()) remember(std::move(back));
  return report(changes);
}

// From running_ to `next`, or not at all.
Result<ApplyReport> Store::go(Config next, std::vector<Change> changes, std::vector<Change> back) {
  if (Status status = carry_out(changes); !status) return std::move(status).error();
  running_ = std::move(next);
  if (!changes.empty()) remember(std::move(back));
  return report(std::move(changes));
}

ApplyReport Store::report(std::vector<Change> changes) {
  if (!changes.empty()) ++version_;
  is_saved_.reset();
  ApplyReport out{std::move(changes), false, Nanos::never()};
  out.restart_needed =
      restart_needed() && std::any_of(out.changes.begin(), out.changes.end(), waits_for_restart);
  return out;
}

Status Store::carry_out(const std::vector<Change>& changes) {
  Status status;
  applier_.begin(changes.size());
  for (size_t i = 0, next = 0; i < changes.size() && status; i = next) {
    next = end_of_routes(changes, i);
    size_t done = 0, failed = 0;
    if (next != i) {
      status = applier_.apply_routes(std::span(changes).subspan(i, next - i), done, failed);
    } else {
      next = i + 1;
      if (!waits_for_restart(changes[i])) status = applier_.apply(changes[i]);
    }
    if (status) continue;
    const auto at = [&](size_t place) {
      return changes.begin() + static_cast<std::ptrdiff_t>(place);
    };
    const std::string stuck = roll_back({changes.begin(), at(i + done)});
    const auto words = describe(*at(i + failed));
    Error error = std::move(status).error();
    error.message = (words.empty() ? "" : words.front() + ": ") + error.message;
    if (!stuck.empty()) error.message += "; and going back failed: " + stuck;
    status = std::move(error);
  }
  applier_.end();
  return status;
}

// Undoes what was done of an apply that failed. Not by inverses in reverse: an address that went
// would come back behind the others, and the order of addresses counts.
std::string Store::roll_back(const std::vector<Change>& done) {
  if (std::all_of(done.begin(), done.end(), about_routes)) {
    std::vector<Change> back;
    for (auto at = done.rbegin(); at != done.rend(); ++at) back.push_back(inverse(*at));
    return force(back);
  }
  Config now = running_;
  if (Status status = patch(now, done); !status) {
    ++broken_;
    return status.error().message;
  }
  return force(diff(now, running_));
}

// Does what can be done; returns the first failure's message.
std::string Store::force(const std::vector<Change>& changes) {
  std::string first;
  for (const Change& change : changes) {
    if (waits_for_restart(change)) continue;
    if (const Status status = applier_.apply(change); !status) {
      ++broken_;
      if (first.empty()) first = status.error().message;
    }
  }
  return first;
}

void Store::remember(std::vector<Change> back) {
  history_.push_back(std::move(back));
  size_t held = 0;
  for (const auto& list : history_) held += list.size();
  while (history_.size() > kHistory || (history_.size() > 1 && held > kHistoryChanges)) {
    held -= history_.front().size();
    history_.pop_front();
  }
}

Status Store::confirm() {
  if (!confirm_by_) return refused("no apply waits for a confirmation", {});
  confirm_by_.reset();
  return {};
}

Result<ApplyReport> Store::undo() {
  if (history_.empty()) return refused("there is nothing to undo", {});
  Config next = running_;
  if (Status status = patch(next, history_.back()); !status) return std::move(status).error();
  if (Status status = carry_out(history_.back()); !status) return std::move(status).error();
  running_ = std::move(next);
  auto changes = std::move(history_.back());
  history_.pop_back();
  confirm_by_.reset();
  return report(std::move(changes));
}

bool Store::step(Nanos now) {
  if (!confirm_by_ || now < *confirm_by_) return false;
  confirm_by_.reset();
  auto changes = std::move(history_.back());
  history_.pop_back();
  if (Status status = patch(running_, changes); !status) {
    ++broken_;
    return true;
  }
  // Whoever cut himself off can not help: what fails is counted, the rest is done.
  applier_.begin(changes.size());
  force(changes);
  applier_.end();
  report(std::move(changes));
  return true;
}

Status Store::save() {
  if (confirm_by_) return confirm_first();
  if (path_.empty())
    return refused("the daemon was started without a config file",
                   "start it with one, or redirect config show");
  if (Status status = save_file(path_, write(running_)); !status) return status;
  saved_ = running_;
  is_saved_ = true;
  return {};
}

}  // namespace spanway::config
