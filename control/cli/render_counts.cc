// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "control/cli/fields.h"
#include "control/cli/render.h"
#include "control/cli/renderers.h"
#include "control/cli/units.h"

namespace spanway::cli {
namespace {

// fragments 9  joined 6  waiting 1  overlap 2  datagrams 3. Nothing while there were none.
std::string reassembly(const json& r, const Style& style) {
  if (count(r, "received") == 0) return "";
  std::vector<std::string> words = {"fragments " + text(r, "received"),
                                    "joined " + text(r, "joined"), "waiting " + text(r, "waiting")};
  for (const auto& [why, n] : field(r, "lost").items())
    if (n.is_number() && n != 0) words.push_back(why + " " + n.dump());
  words.push_back("datagrams " + text(r, "datagrams"));
  for (const char* key : {"answered", "delivered", "refused", "bad_checksum", "unserved"})
    if (count(r, key) != 0) words.push_back(std::string(key) + " " + text(r, key));
  return wrapped(words, "  ", 2, style);
}

std::string counters(const json& r, const Style& style) {
  std::vector<std::string> words;
  for (const char* key :
       {"rx", "originated", "injected", "tx", "local", "punted", "held", "in_flight", "dropped"})
    words.push_back(std::string(key) + " " + text(r, key, "0"));
  const json& balance = field(r, "balance");
  if (balance.is_number() && balance != 0)
    words.push_back(tinted("balance " + balance.dump(), Tint::kBad, style));
  std::string out = wrapped(words, "  ", 2, style);
  std::vector<std::pair<uint64_t, std::string>> drops;
  for (const auto& [reason, n] : field(r, "drops").items())
    if (n.is_number()) drops.emplace_back(n.get<uint64_t>(), reason);
  std::stable_sort(drops.begin(), drops.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  words.clear();
  const json& rates = field(r, "drop_rates_per_s");
  for (const auto& [n, reason] : drops) {
    std::string word = reason + " " + std::to_string(n);
    if (const double now = real(rates, reason); now > 0) word += " (" + rate(now) + ")";
    words.push_back(std::move(word));
  }
  const std::string fragments = reassembly(field(r, "reassembly"), style);
  if (words.empty()) return out + "drop nothing\n" + fragments;
  words.front() = "drop " + words.front();
  return out + wrapped(words, "  ", 5, style) + fragments;
}

std::string fib(const json& r, const Style& style) {
  TextTable table;
  for (const char* family : {"ip4", "ip6"}) {
    const json& f = field(r, family);
    table.row()
        .left(family, Tint::kBold)
        .right(text(f, "routes"))
        .left("routes")
        .right(bytes(count(f, "memory_bytes")));
  }
  const json& hops = field(r, "next_hops");
  const json& quiet = field(r, "quiet");
  const std::string changed =
      field(r, "age_s").is_null() ? "" : " (" + age(count(r, "age_s")) + " ago)";
  return table.text(style) + "next hops " + text(hops, "used") + " of " + text(hops, "capacity") +
         ", groups " + text(hops, "groups") + "  version " + text(r, "version") + changed +
         "  waiting to be freed " + text(r, "waiting_free") + "\nrecursive gateways " +
         text(r, "recursive_gateways") + "  change to quiet: last " +
         span_of_us(real(quiet, "last_us")) + ", longest " + span_of_us(real(quiet, "longest_us")) +
         " of " + text(quiet, "measured") + "\n";
}

std::string stages(const json& r, const Style& style) {
  TextTable table;
  for (const json& s : list(r, "stages")) {
    const json& cycles = field(s, "cycles_per_packet");
    table.row()
        .left(text(s, "name"), Tint::kBold)
        .right(text(s, "packets"))
        .left("packets")
        .right(fixed(real(s, "packets_per_call"), 1))
        .left("a call")
        .right(cycles.is_number() ? fixed(cycles.get<double>(), 0) : "-")
        .left("cyc/pkt");
  }
  return table.text(style) +
         (yes(r, "timing") ? "timing on\n" : "timing off; stages timing on counts cycles\n");
}

// rx>link_input>...>DROP ttl_expired
std::string road(const json& p) {
  const std::string outcome = text(p, "outcome");
  std::string out;
  for (const json& step : list(p, "steps")) {
    const std::string name = step.is_string() ? step.get<std::string>() : step.dump();
    if (outcome == "dropped" && name == "drop") continue;  // said below, with its reason
    out += (out.empty() ? "" : ">") + name;
  }
  if (outcome == "dropped") return out + ">DROP " + text(p, "drop");
  const bool said = out.ends_with(outcome);
  return said ? out : out + ">" + outcome;
}

std::string endpoint(const json& p, const char* address, const char* port) {
  const std::string a = text(p, address);
  const uint64_t n = count(p, port);
  if (n == 0) return a;
  const bool brackets = a.find(':') != std::string::npos;
  return (brackets ? "[" + a + "]:" : a + ":") + std::to_string(n);
}

std::string trace(const json& r, const Style& style) {
  if (field(r, "id").is_null()) return "no trace; begin one with: trace add port PORT\n";
  std::string out;
  for (const json& p : list(r, "packets")) {
    const bool dropped = text(p, "outcome") == "dropped";
    out += "#" + text(p, "number") + " " + text(p, "port") + " ";
    if (field(p, "source").is_null())
      out += "not IP";
    else
      out += endpoint(p, "source", "source_port") + ">" +
             endpoint(p, "destination", "destination_port") + " " + text(p, "protocol", "");
    out += ": " + tinted(road(p), dropped ? Tint::kBad : Tint::kNone, style);
    if (!field(p, "out_interface").is_null()) out += " " + text(p, "out_interface");
    if (const std::string detail = text(p, "detail", ""); !detail.empty()) out += " " + detail;
    if (count(p, "cycles") > 0) out += " " + text(p, "cycles") + "cyc";
    out += "\n";
  }
  return out + "trace " + text(r, "id") + (yes(r, "active") ? " runs" : " is over") + ": " +
         text(r, "seen") + " of " + text(r, "wanted") + " packets, " + text(r, "lost") + " lost\n";
}

std::string events(const json& r, const Style& style) {
  std::string out;
  if (count(r, "lost") > 0) out += text(r, "lost") + " earlier events are no longer kept\n";
  for (const json& e : list(r, "events")) out += event_line(e, style);
  return out.empty() ? "no events\n" : out;
}

constexpr Renderer kTable[] = {
    {"show.counters", counters}, {"show.fib", fib},  {"show.stages", stages},
    {"show.trace", trace},       {"events", events},
};

}  // namespace

std::span<const Renderer> count_renderers() { return kTable; }

std::string event_line(const json& e, const Style& style) {
  const std::string severity = text(e, "severity");
  const Tint tint = severity == "error"     ? Tint::kBad
                    : severity == "warning" ? Tint::kWarn
                                            : Tint::kNone;
  return wall_clock(count(e, "time_unix_ns")) + " " + text(e, "kind") + " " +
         tinted(text(e, "message"), tint, style) + "\n";
}

}  // namespace spanway::cli
