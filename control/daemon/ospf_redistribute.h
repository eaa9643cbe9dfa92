// SPDX-License-Identifier: BSD-3-Clause
// Which destinations outside of OSPF this router announces: the best static and connected routes
// that the operator named, and a default route. Control thread.
//
// It hears of changes of best routes one by one, so that its work grows with the change and not
// with the table. A route is announced after the dataplane has it, and withdrawn before the
// dataplane loses it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "control/config/ospf.h"
#include "control/config/subnets.h"
#include "control/ospf/settings.h"
#include "control/rib/rib.h"

namespace spanway::daemon {

// What is to be said next: `external`, or nothing any more.
struct Announcement4 {
  Prefix4 prefix;
  std::optional<ospf::External> external;
};

class OspfRedistribute final : private rib::Observer {
 public:
  using Say = std::function<void(const Announcement4&)>;

  // `rib` outlives this object. `leave_now` is called when withdrawals should be sent before
  // something else goes on.
  OspfRedistribute(rib::Rib& rib, Say say, std::function<void()> leave_now);
  ~OspfRedistribute() override;
  OspfRedistribute(const OspfRedistribute&) = delete;
  OspfRedistribute& operator=(const OspfRedistribute&) = delete;

  // What is wanted from now on. Goes over the whole table where origins are added or changed.
  void configure(const config::Ospf& wanted);
  // Subnets that OSPF announces as its own: not announced from outside as well.
  void set_own(std::set<Prefix4> subnets);

  // Destinations announced now.
  [[nodiscard]] size_t size() const noexcept { return announced_.size(); }

 private:
  // rib::Observer
  void leaving(const Prefix& prefix, rib::Origin from, std::optional<rib::Origin> to) override;
  void all_leaving() override;
  void settled(const Prefix& prefix, std::optional<rib::Origin> origin) override;

  [[nodiscard]] std::optional<ospf::External> wanted(const Prefix4& prefix,
                                                     std::optional<rib::Origin> origin) const;
  [[nodiscard]] std::optional<rib::Origin> best_origin(const Prefix4& prefix) const;
  [[nodiscard]] bool watches() const;
  void become(const Prefix4& prefix, const std::optional<ospf::External>& external);
  void go_over_everything();

  struct Hash {
    size_t operator()(const Prefix4& prefix) const noexcept {
      return config::PrefixHash{}(Prefix(prefix));
    }
  };

  rib::Rib& rib_;
  Say say_;
  std::function<void()> leave_now_;
  std::optional<ospf::External> statics_, connected_, default_;
  config::OspfDefault default_when_ = config::OspfDefault::kNever;
  std::set<Prefix4> own_;
  std::unordered_map<Prefix4, ospf::External, Hash> announced_;
  bool withdrew_ = false;  // something, since leave_now_ was last called
};

}  // namespace spanway::daemon
