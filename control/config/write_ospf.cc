// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/toml_writer.h"

namespace spanway::config {
namespace {

void write_time(Writer& w, const char* key, const std::optional<int64_t>& unix_s) {
  if (unix_s) w.raw(key, time_text(*unix_s));
}

void write_settings(Writer& w, const Ospf& o) {
  const Ospf standard;
  w.section("ospf");
  if (o.router_id) w.text("router_id", o.router_id->to_string());
  w.number("max_paths", o.max_paths, standard.max_paths);
  w.number("preference", o.preference, standard.preference);
  w.number("spf_initial_ms", o.spf_initial_ms, standard.spf_initial_ms);
  w.number("spf_short_ms", o.spf_short_ms, standard.spf_short_ms);
  w.number("spf_long_ms", o.spf_long_ms, standard.spf_long_ms);
  if (o.default_originate != standard.default_originate)
    w.text("default_originate",
           o.default_originate == OspfDefault::kAlways ? "always" : "if-present");
  w.number("default_metric", o.default_as.metric, standard.default_as.metric);
  w.number("default_type", o.default_as.type, standard.default_as.type);
  w.number("default_tag", o.default_as.tag, standard.default_as.tag);
}

void write_port(Writer& w, const OspfPort& p) {
  const OspfPort standard;
  w.item("ospf.port");
  w.raw("name", quoted(p.name));
  if (p.area != standard.area) w.text("area", dotted(p.area));
  w.number("cost", p.cost, standard.cost);
  if (p.network != standard.network) w.text("type", "point-to-point");
  w.number("hello_interval_s", p.hello_interval_s, standard.hello_interval_s);
  w.number("dead_interval_s", p.dead_interval_s, standard.dead_interval_s);
  w.number("retransmit_interval_s", p.retransmit_interval_s, standard.retransmit_interval_s);
  w.number("transmit_delay_s", p.transmit_delay_s, standard.transmit_delay_s);
  w.number("priority", p.priority, standard.priority);
  w.flag("passive", p.passive, standard.passive);
  w.flag("mtu_ignore", p.mtu_ignore, standard.mtu_ignore);
}

void write_key(Writer& w, const OspfKey& k, Secrets secrets) {
  const OspfKey standard;
  w.item("ospf.key");
  w.raw("port", quoted(k.port));
  w.number("id", k.id, standard.id);
  if (k.algorithm != standard.algorithm) w.text("algorithm", name_of(k.algorithm));
  w.raw("secret", quoted(secrets == Secrets::kShown ? std::string_view(k.secret) : kHiddenSecret));
  write_time(w, "accept_from", k.accept_from_s);
  write_time(w, "accept_until", k.accept_until_s);
  write_time(w, "generate_from", k.generate_from_s);
  write_time(w, "generate_until", k.generate_until_s);
}

void write_redistribute(Writer& w, const OspfRedistribute& r) {
  const OspfMetric standard;
  w.item("ospf.redistribute");
  w.raw("origin", quoted(name_of(r.origin)));
  w.number("metric", r.as.metric, standard.metric);
  w.number("type", r.as.type, standard.type);
  w.number("tag", r.as.tag, standard.tag);
}

void write_stub(Writer& w, const OspfStub& s) {
  w.item("ospf.stub");
  w.raw("prefix", quoted(s.prefix.to_string()));
  w.number("cost", s.cost, OspfStub{}.cost);
}

}  // namespace

void write_ospf(Writer& w, const Ospf& ospf, Secrets secrets) {
  write_settings(w, ospf);
  for (const OspfPort& port : ospf.ports) write_port(w, port);
  for (const OspfKey& key : ospf.keys) write_key(w, key, secrets);
  for (const OspfRedistribute& one : ospf.redistribute) write_redistribute(w, one);
  for (const OspfStub& stub : ospf.stubs) write_stub(w, stub);
}

}  // namespace spanway::config
