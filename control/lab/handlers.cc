// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/handlers.h"

#include <algorithm>

#include "control/daemon/methods.h"
#include "control/daemon/params.h"
#include "control/lab/lab.h"
#include "control/lab/picture.h"

namespace spanway::lab {
namespace {

using nlohmann::json;

json describe_wire(const WirePlan& plan, const sim::WireState& state) {
  return {{"name", plan.name},
          {"end_a", plan.end_a},
          {"end_b", plan.end_b},
          {"up", !state.cut},
          {"rate_bps", plan.lane.rate_bps},
          {"delay_us", plan.lane.delay.ns() / 1000},
          {"loss_percent", plan.lane.impairment.loss * 100},
          {"packets", state.a_to_b.taken + state.b_to_a.taken},
          {"lost", state.a_to_b.lost_total() + state.b_to_a.lost_total()}};
}

Result<json> status(Lab& lab, const json& given) {
  daemon::Params params(given);
  if (auto error = params.finish()) return *error;
  json routers = json::array();
  for (const auto& [name, socket] : lab.sockets())
    routers.push_back({{"name", name}, {"socket", socket}});
  json wires = json::array();
  for (const WirePlan& wire : lab.plan().wires) {
    auto state = lab.network().state(wire.name);
    if (state) wires.push_back(describe_wire(wire, *state));
  }
  return json{{"schema", "spanway.lab.status/1"},
              {"name", lab.plan().name},
              {"virtual_time", lab.plan().virtual_time},
              {"seed", lab.plan().seed},
              {"now_ns", lab.now().ns()},
              {"routers", std::move(routers)},
              {"wires", std::move(wires)}};
}

Result<json> picture(Lab& lab, const json& given) {
  daemon::Params params(given);
  if (auto error = params.finish()) return *error;
  return json{{"schema", "spanway.lab.picture/1"}, {"svg", to_svg(picture_of(lab))}};
}

Result<json> set_wire(Lab& lab, const json& given, bool up) {
  daemon::Params params(given);
  const std::string wire = params.need_text("wire");
  if (auto error = params.finish()) return *error;
  auto before = lab.network().state(wire);
  if (!before) return std::move(before).error();
  const bool changed = before->cut == up;
  if (changed)
    if (auto done = up ? lab.network().mend(wire) : lab.network().cut(wire); !done)
      return std::move(done).error();
  return json{{"schema", up ? "spanway.lab.mend/1" : "spanway.lab.cut/1"},
              {"wire", wire},
              {"changed", changed}};
}

}  // namespace

void add_handlers(api::Server& server, Lab& lab) {
  const daemon::Methods methods(server, lab);
  methods.look("lab.status", status);
  methods.look("lab.picture", picture);
  methods.change("lab.cut", [](Lab& l, const json& p) { return set_wire(l, p, false); });
  methods.change("lab.mend", [](Lab& l, const json& p) { return set_wire(l, p, true); });
}

}  // namespace spanway::lab
