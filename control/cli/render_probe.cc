// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "control/cli/fields.h"
#include "control/cli/render.h"
#include "control/cli/renderers.h"
#include "control/cli/units.h"

namespace spanway::cli {
namespace {

std::string ms(double us) { return fixed(us / 1000, 3); }

std::string trace_add(const json& r, const Style&) {
  return "trace " + text(r, "id") + ": the next " + text(r, "wanted") +
         " packets; see: show trace\n";
}

std::string trace_stop(const json& r, const Style&) {
  return "trace " + text(r, "id") + ": " + text(r, "seen") + " packets, " + text(r, "lost") +
         " lost\n";
}

std::string capture_start(const json& r, const Style&) {
  return "capture " + text(r, "id") + " -> " + text(r, "file") + "\n";
}

std::string capture_stop(const json& r, const Style&) {
  return text(r, "packets") + " packets, " + text(r, "lost") + " lost -> " + text(r, "file") + "\n";
}

std::string capture_status(const json& r, const Style&) {
  if (field(r, "id").is_null()) return "no capture\n";
  return "capture " + text(r, "id") + (yes(r, "active") ? " runs: " : " is over: ") +
         text(r, "packets") + (field(r, "wanted").is_null() ? "" : " of " + text(r, "wanted")) +
         " packets, " + text(r, "lost") + " lost -> " + text(r, "file") + "\n";
}

std::string ping_start(const json& r, const Style&) {
  return "PING " + text(r, "address") +
         (field(r, "source").is_null() ? "" : " from " + text(r, "source")) + ": " +
         text(r, "size_bytes") + " data bytes\n";
}

std::string ping_poll(const json& r, const Style& style) {
  std::string out;
  for (const json& reply : list(r, "replies")) out += ping_reply(r, reply, style);
  return out + (yes(r, "done") ? ping_statistics(r) : "");
}

std::string traceroute_start(const json& r, const Style&) {
  return "traceroute to " + text(r, "address") + ", " + text(r, "max_hops") + " hops max, " +
         text(r, "probes") + " probes\n";
}

std::string traceroute_poll(const json& r, const Style&) {
  std::string out;
  for (const json& hop : list(r, "hops")) out += traceroute_hop(hop);
  return out;
}

std::string stopped(const json& r, const Style&) { return text(r, "id") + " stopped\n"; }

Tint status_tint(const std::string& status) {
  return status == "ok" ? Tint::kGood : status == "fail" ? Tint::kBad : Tint::kWarn;
}

std::string doctor(const json& r, const Style& style) {
  TextTable table;
  for (const json& c : list(r, "checks")) {
    const std::string status = text(c, "status");
    const std::string fix = text(c, "fix", "");
    table.row()
        .left(status, status_tint(status))
        .left(text(c, "name"), Tint::kBold)
        .left(text(c, "detail", "") + (fix.empty() ? "" : "; fix: " + fix));
  }
  const std::string what = field(r, "device").is_null() ? "this machine" : text(r, "device");
  return table.text(style) + what + (yes(r, "ready") ? " is ready\n" : " is not ready\n");
}

std::string lab_status(const json& r, const Style& style) {
  TextTable routers, wires;
  for (const json& x : list(r, "routers"))
    routers.row().left(text(x, "name"), Tint::kBold).left(text(x, "socket"));
  for (const json& w : list(r, "wires")) {
    const bool up = yes(w, "up");
    wires.row()
        .left(text(w, "name"), Tint::kBold)
        .left(up ? "up" : "cut", up ? Tint::kGood : Tint::kBad)
        .left(text(w, "end_a"))
        .left(text(w, "end_b"))
        .right(speed(count(w, "rate_bps")))
        .pair("delay", span_of_us(real(w, "delay_us")))
        .pair("loss", text(w, "loss_percent") + "%")
        .pair("packets", text(w, "packets"))
        .pair("lost", text(w, "lost"));
  }
  return "lab " + text(r, "name") + (yes(r, "virtual_time") ? "  virtual time" : "  real time") +
         "  seed " + text(r, "seed") + "  at " + fixed(real(r, "now_ns") / 1e9, 3) + "s\n" +
         routers.text(style) + wires.text(style);
}

std::string lab_cut(const json& r, const Style&) {
  return text(r, "wire") + (yes(r, "changed") ? " cut\n" : " was cut already\n");
}

std::string lab_mend(const json& r, const Style&) {
  return text(r, "wire") + (yes(r, "changed") ? " mended\n" : " was whole already\n");
}

std::string lab_picture(const json& r, const Style&) { return text(r, "svg"); }

constexpr Renderer kTable[] = {
    {"trace.add", trace_add},
    {"trace.stop", trace_stop},
    {"capture.start", capture_start},
    {"capture.stop", capture_stop},
    {"capture.status", capture_status},
    {"ping.start", ping_start},
    {"ping.poll", ping_poll},
    {"ping.stop", stopped},
    {"traceroute.start", traceroute_start},
    {"traceroute.poll", traceroute_poll},
    {"traceroute.stop", stopped},
    {"doctor", doctor},
    {"lab.status", lab_status},
    {"lab.cut", lab_cut},
    {"lab.mend", lab_mend},
    {"lab.picture", lab_picture},
};

}  // namespace

std::span<const Renderer> probe_renderers() { return kTable; }

std::string ping_reply(const json& poll, const json& reply, const Style& style) {
  const std::string outcome = text(reply, "outcome");
  const std::string sequence = " seq=" + text(reply, "sequence");
  const std::string detail = text(reply, "detail", "");
  if (outcome == "reply")
    return text(reply, "bytes") + " bytes from " + text(reply, "from") + ":" + sequence +
           " ttl=" + text(reply, "ttl") + " time=" + ms(real(reply, "rtt_us")) + " ms" +
           (detail.empty() ? "" : " (" + detail + ")") + "\n";
  std::string what = outcome == "timeout"       ? "no answer from " + text(poll, "address")
                     : outcome == "unreachable" ? "destination unreachable"
                     : outcome == "ttl_expired" ? "time to live exceeded"
                     : outcome == "too_big"     ? "packet too big"
                     : outcome == "no_route"    ? "no route"
                                                : outcome;
  if (!field(reply, "from").is_null()) what = "from " + text(reply, "from") + ": " + what;
  if (!detail.empty()) what += " (" + detail + ")";
  return tinted(what + sequence, Tint::kWarn, style) + "\n";
}

std::string ping_statistics(const json& poll) {
  const json& s = field(poll, "statistics");
  std::string out = "--- " + text(poll, "address") + " ping statistics ---\n" + text(s, "sent") +
                    " packets transmitted, " + text(s, "received") + " received, ";
  if (count(s, "duplicates") > 0) out += "+" + text(s, "duplicates") + " duplicates, ";
  if (count(s, "errors") > 0) out += "+" + text(s, "errors") + " errors, ";
  const double loss = real(s, "loss_percent");
  out += three_digits(loss) + "% packet loss, time " + text(s, "elapsed_ms") + "ms\n";
  if (field(s, "rtt_avg_us").is_number())
    out += "rtt min/avg/max/mdev = " + ms(real(s, "rtt_min_us")) + "/" + ms(real(s, "rtt_avg_us")) +
           "/" + ms(real(s, "rtt_max_us")) + "/" + ms(real(s, "rtt_mdev_us")) + " ms\n";
  return out;
}

std::string traceroute_hop(const json& hop) {
  std::string out = text(hop, "ttl");
  if (out.size() < 2) out.insert(0, 1, ' ');
  std::string last;
  for (const json& probe : list(hop, "probes")) {
    if (field(probe, "from").is_null()) {
      out += "  *";
      continue;
    }
    const std::string from = text(probe, "from");
    if (from != last) out += "  " + from;
    last = from;
    out += "  " + ms(real(probe, "rtt_us")) + " ms";
    if (const std::string note = text(probe, "note", ""); !note.empty()) out += " " + note;
  }
  return out + "\n";
}

}  // namespace spanway::cli
