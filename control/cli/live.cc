// SPDX-License-Identifier: BSD-3-Clause
// Commands that go on: top, events, ping, traceroute.
#include <algorithm>
#include <ostream>

#include "control/cli/execute.h"
#include "control/cli/fields.h"
#include "control/cli/interrupt.h"
#include "control/cli/params.h"
#include "control/cli/render.h"

namespace spanway::cli {
namespace {

constexpr double kPollSeconds = 0.1;

std::string heading(const char* words, const Style& style) {
  return tinted(words, Tint::kBold, style) + "\n";
}

Outcome top_once(Context& context) {
  json all = {{"schema", "spanway.top/1"}};
  for (const char* noun : {"ports", "workers", "counters"}) {
    Outcome part = context.session.call("show." + std::string(noun), json::object());
    if (part.failure) return part;
    all[noun] = std::move(part.result);
  }
  return {std::move(all)};
}

// A port alone would be shown in full; here every port is one line.
std::string first_lines(const std::string& text, size_t lines) {
  size_t at = 0;
  while (lines-- > 0 && at != std::string::npos) {
    at = text.find('\n', at);
    if (at != std::string::npos) ++at;
  }
  return text.substr(0, at);
}

std::string top_text(const json& all, const Style& style) {
  const size_t rows = std::max<size_t>(list(all["ports"], "ports").size(), 1);
  return heading("ports", style) + first_lines(render("show.ports", all["ports"], style), rows) +
         heading("workers", style) + render("show.workers", all["workers"], style) +
         heading("packets", style) + render("show.counters", all["counters"], style);
}

// Appends what is new of `key` to all that came before.
void gather(json& all, json& poll, const char* key) {
  for (json& one : poll[key]) all.push_back(std::move(one));
}

// Starts with `start`, then polls until it is done, somebody asks to stop, or it fails. `show`
// prints one poll. The outcome is the last poll with everything in `key`.
template <class Show>
Outcome follow(Context& context, const Parsed& parsed, const std::string& noun, const char* key,
               const char* cursor, Show show) {
  const auto params = params_of(parsed);
  if (!params) return Outcome::error(params.error());
  const Outcome started = context.session.call(noun + ".start", *params);
  if (started.failure) return started;
  if (!context.json)
    context.io.out << render(noun + ".start", started.result, context.style) << std::flush;
  const json& id = field(started.result, "id");
  Interrupts interrupts;
  json all = json::array();
  json after = 0;
  bool stopped = false;
  for (;;) {
    Outcome poll = context.session.call(noun + ".poll", json{{"id", id}, {"after", after}});
    if (poll.failure) return poll;
    if (!list(poll.result, key).empty()) after = field(list(poll.result, key).back(), cursor);
    if (!context.json) {
      show(poll.result);
      context.io.out.flush();
    }
    if (poll.result.is_object()) gather(all, poll.result, key);
    if (yes(poll.result, "done") || stopped) {
      poll.result[key] = std::move(all);
      return poll;
    }
    if (!Interrupts::sleep(kPollSeconds)) {
      const Outcome ended = context.session.call(noun + ".stop", json{{"id", id}});
      if (ended.failure) return ended;
      stopped = true;
    }
  }
}

}  // namespace

Outcome run_top(Context& context, const Parsed&) {
  Interrupts interrupts;
  const bool again = context.io.terminal_out || context.watch_s;
  for (;;) {
    Outcome out = top_once(context);
    if (out.failure || context.json) return out;
    if (context.io.terminal_out) context.io.out << "\x1b[H\x1b[2J";
    context.io.out << top_text(out.result, context.style) << std::flush;
    if (!again || !Interrupts::sleep(context.watch_s.value_or(1))) return out;
  }
}

Outcome run_events(Context& context, const Parsed& parsed) {
  const auto checked = params_of(parsed);
  if (!checked) return Outcome::error(checked.error());
  json params = *checked;
  const bool going_on = !own_value(parsed, "!follow").empty();
  if (going_on && context.json)
    return Outcome::usage("-j prints one document, it can not follow", "leave out follow");
  Outcome out = context.session.call("events", params);
  if (out.failure || context.json) return out;
  if (!going_on || !list(out.result, "events").empty())
    context.io.out << render("events", out.result, context.style) << std::flush;
  if (!going_on) return out;
  Interrupts interrupts;
  while (Interrupts::sleep(0.25)) {
    params["after"] = field(out.result, "next_after");
    out = context.session.call("events", params);
    if (out.failure) return out;
    if (!list(out.result, "events").empty())
      context.io.out << render("events", out.result, context.style) << std::flush;
  }
  return out;
}

Outcome run_ping(Context& context, const Parsed& parsed) {
  Outcome out = follow(context, parsed, "ping", "replies", "number", [&context](const json& poll) {
    for (const json& reply : list(poll, "replies"))
      context.io.out << ping_reply(poll, reply, context.style);
  });
  if (out.failure) return out;
  if (!context.json) context.io.out << "\n" << ping_statistics(out.result);
  // As the well-known ping: nobody answered is a failure.
  if (count(field(out.result, "statistics"), "received") == 0) out.exit_code = kRefused;
  return out;
}

Outcome run_transport_ping(Context& context, const Parsed& parsed) {
  Outcome out =
      follow(context, parsed, "transport.ping", "replies", "number", [&context](const json& poll) {
        for (const json& reply : list(poll, "replies"))
          context.io.out << transport_reply(poll, reply);
      });
  if (out.failure) return out;
  if (!context.json) context.io.out << "\n" << transport_ping_summary(out.result);
  if (count(out.result, "received") == 0) out.exit_code = kRefused;
  return out;
}

Outcome run_transport_perf(Context& context, const Parsed& parsed) {
  Outcome out = follow(context, parsed, "transport.perf", "intervals", "number",
                       [&context](const json& poll) {
                         for (const json& interval : list(poll, "intervals"))
                           context.io.out << transport_interval(poll, interval);
                       });
  if (out.failure) return out;
  if (!context.json) context.io.out << transport_perf_summary(out.result);
  if (count(out.result, "messages") == 0) out.exit_code = kRefused;
  return out;
}

Outcome run_traceroute(Context& context, const Parsed& parsed) {
  return follow(context, parsed, "traceroute", "hops", "ttl", [&context](const json& poll) {
    for (const json& hop : list(poll, "hops")) context.io.out << traceroute_hop(hop);
  });
}

}  // namespace spanway::cli
