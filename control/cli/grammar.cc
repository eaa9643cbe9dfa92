// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/grammar.h"

#include "control/cli/grammar_ospf.h"
#include "control/cli/paging.h"

namespace spanway::cli {
namespace {

constexpr std::string_view kLooking = "Looking";
constexpr std::string_view kChanging = "Changing";
constexpr std::string_view kConfiguration = "Configuration";
constexpr std::string_view kFinding = "Finding out";
constexpr std::string_view kLab = "The lab and the daemon";
constexpr std::string_view kProgram = "This program";

const Argument kFamily{.keyword = "family",
                       .name = "FAMILY",
                       .type = Type::kChoice,
                       .key = "family",
                       .help = "only this family",
                       .choices = "ip4|ip6"};

const Argument kOnlyPort{.keyword = "port",
                         .name = "PORT",
                         .type = Type::kPort,
                         .key = "port",
                         .help = "only packets of this port"};

// How trace and capture choose packets.
const std::vector<Argument> kMatch = {
    {.keyword = "family",
     .name = "FAMILY",
     .type = Type::kChoice,
     .key = "match.family",
     .help = "only this family",
     .choices = "ip4|ip6"},
    {.keyword = "protocol",
     .name = "PROTOCOL",
     .type = Type::kWord,
     .key = "match.protocol",
     .help = "udp, tcp, icmp, icmp6 or a number"},
    {.keyword = "from",
     .name = "PREFIX",
     .type = Type::kMatchPrefix,
     .key = "match.source",
     .help = "source address"},
    {.keyword = "to",
     .name = "PREFIX",
     .type = Type::kMatchPrefix,
     .key = "match.destination",
     .help = "destination address"},
    {.keyword = "sport",
     .name = "N",
     .type = Type::kInteger,
     .key = "match.source_port",
     .help = "source port",
     .min = 1,
     .max = 65535},
    {.keyword = "dport",
     .name = "N",
     .type = Type::kInteger,
     .key = "match.destination_port",
     .help = "destination port",
     .min = 1,
     .max = 65535},
};

std::vector<Argument> with_match(std::vector<Argument> front, std::vector<Argument> back) {
  front.insert(front.end(), kMatch.begin(), kMatch.end());
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

// clang-format off
std::vector<Command> looking() {
  return {
    {.path = "show version", .method = "show.version", .role = Role::kRead, .section = kLooking,
     .help = "versions, uptime, state of the configuration"},
    {.path = "show ports", .method = "show.ports", .role = Role::kRead, .section = kLooking,
     .help = "ports: link, queues, rates, losses; one port in full",
     .arguments = {{.name = "PORT", .type = Type::kPort, .key = "port", .help = "this port, in full"}},
     .example = "p0"},
    {.path = "show interfaces", .method = "show.interfaces", .role = Role::kRead, .section = kLooking,
     .help = "interfaces: addresses, rates, counters",
     .arguments = {{.name = "INTERFACE", .type = Type::kInterface, .key = "interface", .help = "only this one"}},
     .example = "p0.100"},
    {.path = "show workers", .method = "show.workers", .role = Role::kRead, .section = kLooking,
     .help = "workers: load, cycles a packet, burst"},
    {.path = "show routes", .method = "show.routes", .role = Role::kRead, .section = kLooking,
     .help = "routes, or the one that a packet takes",
     .arguments = {
       {.name = "PREFIX", .type = Type::kPrefix, .key = "prefix", .help = "only this prefix", .group = 'a'},
       {.keyword = "for", .name = "ADDRESS", .type = Type::kAddress, .key = "for",
        .help = "the route that a packet to this address takes", .group = 'a'},
       kFamily,
       {.keyword = "protocol", .name = "PROTOCOL", .type = Type::kChoice, .key = "protocol",
        .help = "only routes from here", .choices = "connected|static|ospf|local|martian"},
       kLimit, kOffset},
     .example = "for 10.2.0.5"},
    {.path = "show neighbours", .method = "show.neighbours", .role = Role::kRead, .section = kLooking,
     .help = "neighbours: MAC, state, age",
     .arguments = {{.name = "INTERFACE", .type = Type::kInterface, .key = "interface", .help = "only on this one"},
                   kFamily, kLimit, kOffset},
     .example = "p0 family ip6"},
    {.path = "show counters", .method = "show.counters", .role = Role::kRead, .section = kLooking,
     .help = "what became of every packet",
     .arguments = {{.keyword = "drops", .type = Type::kFlag, .key = "drops", .help = "every drop reason, those at 0 too"}},
     .example = "--drops"},
    {.path = "show fib", .method = "show.fib", .role = Role::kRead, .section = kLooking,
     .help = "how full the forwarding tables are"},
    {.path = "show stages", .method = "show.stages", .role = Role::kRead, .section = kLooking,
     .help = "packets and cycles of every stage"},
    {.path = "show trace", .method = "show.trace", .role = Role::kRead, .section = kLooking,
     .help = "traced packets and how they ended",
     .arguments = {
       {.name = "ID", .type = Type::kInteger, .key = "id", .help = "this trace; default the newest", .min = 1, .max = UINT32_MAX},
       {.keyword = "after", .name = "N", .type = Type::kInteger, .key = "after", .help = "only packets after number N", .max = INT64_MAX},
       kLimit},
     .example = "limit 10"},
    {.path = "top", .action = Action::kTop, .role = Role::kRead, .section = kLooking,
     .help = "ports, workers and drops, refreshed every second",
     .also = {"show.ports", "show.workers", "show.counters"}},
    {.path = "events", .action = Action::kEvents, .method = "events", .role = Role::kRead, .section = kLooking,
     .help = "what happened",
     .arguments = {
       {.keyword = "follow", .type = Type::kFlag, .key = "!follow", .help = "go on until Ctrl-C"},
       {.keyword = "after", .name = "N", .type = Type::kInteger, .key = "after", .help = "only events after number N", .max = INT64_MAX},
       {.keyword = "limit", .name = "N", .type = Type::kInteger, .key = "limit", .help = "at most so many", .min = 1, .max = 1024}},
     .example = "follow"},
  };
}

std::vector<Argument> route_paths(bool adding) {
  return {
    {.name = "PREFIX", .type = Type::kPrefix, .key = "prefix", .help = "where to", .required = true},
    {.keyword = "via", .name = "ADDRESS", .type = Type::kAddress, .key = "via[+].gateway", .help = "a next hop; several share the load",
     .required = adding, .repeat = true, .group = adding ? 'a' : '\0'},
    {.keyword = "port", .name = "INTERFACE", .type = Type::kInterface, .key = "via[].interface", .help = "behind this interface"},
  };
}

std::vector<Command> changing() {
  std::vector<Argument> add = route_paths(true);
  add.push_back({.keyword = "weight", .name = "N", .type = Type::kInteger, .key = "via[].weight",
                 .help = "share of the load, against the others", .min = 1, .max = 256});
  add.push_back({.keyword = "blackhole", .type = Type::kFlag, .key = "kind", .help = "drop without a word",
                 .required = true, .group = 'a', .value = "blackhole"});
  add.push_back({.keyword = "reject", .type = Type::kFlag, .key = "kind", .help = "drop and tell the sender",
                 .required = true, .group = 'a', .value = "reject"});
  add.push_back({.keyword = "preference", .name = "N", .type = Type::kInteger, .key = "preference",
                 .help = "lower wins against other protocols", .min = 1, .max = 255});
  add.push_back({.keyword = "replace", .type = Type::kFlag, .key = "replace", .help = "in place of the next hops that are there"});
  const Argument interface{.name = "INTERFACE", .type = Type::kInterface, .key = "interface", .help = "p0, or p0.100", .required = true};
  const Argument port{.name = "PORT", .type = Type::kPort, .key = "name", .help = "the port", .required = true};
  const Argument vlan_port{.name = "PORT", .type = Type::kPort, .key = "port", .help = "the port", .required = true};
  const Argument vlan{.name = "VLAN", .type = Type::kInteger, .key = "vlan", .help = "802.1Q identifier", .required = true, .min = 1, .max = 4094};
  const Argument subnet{.name = "ADDRESS/LENGTH", .type = Type::kSubnet, .key = "address", .help = "the address and its subnet's length", .required = true};
  const Argument neighbour{.name = "ADDRESS", .type = Type::kAddress, .key = "address", .help = "the neighbour", .required = true};
  const Argument mtu{.keyword = "mtu", .name = "BYTES", .type = Type::kInteger, .key = "mtu", .help = "largest IP packet", .min = 68, .max = 9216};
  const Argument up{.keyword = "up", .type = Type::kFlag, .key = "up", .help = "take into use", .group = 'u'};
  const Argument down{.keyword = "down", .type = Type::kFlag, .key = "up", .help = "take out of use", .group = 'u', .value = "false"};
  const Argument promiscuous{.keyword = "promiscuous", .name = "on|off", .type = Type::kSwitch, .key = "promiscuous", .help = "take every frame"};
  return {
    {.path = "route add", .method = "route.add", .role = Role::kAdmin, .section = kChanging, .help = "add a static route, or a next hop to it",
     .arguments = std::move(add), .example = "10.9.0.0/16 via 10.0.12.2 weight 2 via 10.0.13.3"},
    {.path = "route del", .method = "route.del", .role = Role::kAdmin, .section = kChanging, .help = "remove a static route, or one of its next hops",
     .arguments = route_paths(false), .example = "10.9.0.0/16 via 10.0.12.2"},
    {.path = "route batch", .action = Action::kBatch, .method = "route.batch", .role = Role::kAdmin, .section = kChanging,
     .help = "add and remove the routes of a file in one transaction",
     .arguments = {{.name = "FILE", .type = Type::kFile, .key = "!file",
                    .help = "lines as for route add, or del PREFIX; - reads standard input", .required = true}},
     .example = "routes.txt", .timeout_s = 60},
    {.path = "port add", .method = "port.add", .role = Role::kAdmin, .section = kChanging, .help = "open a device as a port",
     .arguments = {
       {.name = "NAME", .type = Type::kNewName, .key = "name", .help = "its name from now on", .required = true},
       {.keyword = "dev", .name = "DEVICE", .type = Type::kDevice, .key = "device", .help = "0000:3b:00.0, tap:t0, veth:e0, ...", .required = true},
       {.keyword = "queues", .name = "N", .type = Type::kInteger, .key = "queues", .help = "receive and transmit queues", .min = 1, .max = 64},
       mtu,
       {.keyword = "address", .name = "ADDRESS/LENGTH", .type = Type::kSubnet, .key = "addresses[+]", .help = "an address of it", .repeat = true},
       down, promiscuous,
       {.keyword = "checksums", .name = "on|off", .type = Type::kSwitch, .key = "checksum_offload", .help = "let the card do checksums"}},
     .example = "p1 dev tap:t1 queues 2", .timeout_s = 30},
    {.path = "port set", .method = "port.set", .role = Role::kAdmin, .section = kChanging, .help = "change a port while it runs",
     .arguments = {port, mtu, up, down, promiscuous}, .example = "p0 mtu 9000", .timeout_s = 30},
    {.path = "port del", .method = "port.del", .role = Role::kAdmin, .section = kChanging, .help = "close a port, with all that stands on it",
     .arguments = {port}, .example = "p1", .timeout_s = 30},
    {.path = "vlan add", .method = "vlan.add", .role = Role::kAdmin, .section = kChanging, .help = "make an interface for a VLAN of a port",
     .arguments = {vlan_port, vlan, mtu}, .example = "p1 100"},
    {.path = "vlan del", .method = "vlan.del", .role = Role::kAdmin, .section = kChanging, .help = "remove it",
     .arguments = {vlan_port, vlan}, .example = "p1 100"},
    {.path = "address add", .method = "address.add", .role = Role::kAdmin, .section = kChanging, .help = "give an interface an address",
     .arguments = {interface, subnet}, .example = "p0 10.0.12.1/24"},
    {.path = "address del", .method = "address.del", .role = Role::kAdmin, .section = kChanging, .help = "take it away",
     .arguments = {interface, subnet}, .example = "p0 10.0.12.1/24"},
    {.path = "neighbour add", .method = "neighbour.add", .role = Role::kAdmin, .section = kChanging, .help = "set a neighbour's MAC by hand",
     .arguments = {interface, neighbour, {.name = "MAC", .type = Type::kMac, .key = "mac", .help = "02:00:00:00:00:01", .required = true}},
     .example = "p0 10.0.12.9 02:00:00:00:00:09"},
    {.path = "neighbour del", .method = "neighbour.del", .role = Role::kAdmin, .section = kChanging, .help = "forget a neighbour",
     .arguments = {interface, neighbour}, .example = "p0 10.0.12.9"},
  };
}

std::vector<Command> configuration() {
  const Argument file{.name = "FILE", .type = Type::kFile, .key = "text", .help = "a TOML file", .required = true};
  Argument maybe_file = file;
  maybe_file.required = false;
  maybe_file.help = "a TOML file; without: the running configuration against the saved one";
  return {
    {.path = "config check", .method = "config.check", .role = Role::kRead, .section = kConfiguration, .help = "judge a file, change nothing",
     .arguments = {file}, .example = "r1.toml", .timeout_s = 30},
    {.path = "config diff", .method = "config.diff", .role = Role::kRead, .section = kConfiguration, .help = "what applying a file would change, or what is not saved",
     .arguments = {maybe_file}, .example = "r1.toml", .timeout_s = 30},
    {.path = "config apply", .method = "config.apply", .role = Role::kAdmin, .section = kConfiguration, .help = "make it so, all or nothing",
     .arguments = {file, {.keyword = "confirm", .name = "TIME", .type = Type::kDuration, .key = "confirm_s",
                          .help = "undo unless confirmed within this time", .min = 1, .max = 86400}},
     .example = "r1.toml confirm 60", .timeout_s = 60},
    {.path = "config confirm", .method = "config.confirm", .role = Role::kAdmin, .section = kConfiguration, .help = "keep what was applied"},
    {.path = "config undo", .method = "config.undo", .role = Role::kAdmin, .section = kConfiguration, .help = "go back to before the last change", .timeout_s = 60},
    {.path = "config save", .method = "config.save", .role = Role::kAdmin, .section = kConfiguration, .help = "write what runs to the daemon's file"},
    {.path = "config show", .method = "config.show", .role = Role::kRead, .section = kConfiguration, .help = "the running configuration as TOML",
     .arguments = {{.keyword = "saved", .type = Type::kFlag, .key = "saved", .help = "the file instead"}}, .example = "saved"},
  };
}

std::vector<Command> transport() {
  constexpr std::string_view kTransport = "Transport";
  const Argument address = {.name = "ADDRESS", .type = Type::kAddress, .key = "address", .help = "of the other router", .required = true};
  const Argument port = {.keyword = "port", .name = "N", .type = Type::kInteger, .key = "port", .help = "UDP port there; default transport.probe_port here, or 7007", .min = 1, .max = 65535};
  const Argument source = {.keyword = "source", .name = "ADDRESS", .type = Type::kAddress, .key = "source", .help = "one of the router's addresses"};
  return {
    {.path = "show transport", .method = "show.transport", .role = Role::kRead, .section = kTransport, .help = "connections of the message protocol",
     .arguments = {{.name = "ID", .type = Type::kInteger, .key = "id", .help = "only this one, in full", .min = 1, .max = UINT32_MAX}}, .example = "7"},
    {.path = "transport listen", .method = "transport.listen", .role = Role::kAdmin, .section = kTransport, .help = "answer transport ping and perf of others",
     .arguments = {{.keyword = "port", .name = "N", .type = Type::kInteger, .key = "port", .help = "UDP port; default 7007", .min = 1, .max = 65535},
                   {.keyword = "off", .type = Type::kFlag, .key = "port", .help = "no longer", .value = "0"}}},
    {.path = "transport ping", .action = Action::kTransportPing, .method = "transport.ping.start", .role = Role::kAdmin, .section = kTransport, .help = "round trips of messages to another router",
     .arguments = {
       address, port,
       {.keyword = "count", .name = "N", .type = Type::kInteger, .key = "count", .help = "stop after so many", .min = 1, .max = 1000000},
       {.keyword = "interval", .name = "TIME", .type = Type::kDuration, .key = "interval_ms", .help = "between two; default 1s", .min = 1, .max = 60000},
       {.keyword = "size", .name = "BYTES", .type = Type::kInteger, .key = "size_bytes", .help = "of a message; default 64", .min = 9, .max = 1024},
       source},
     .example = "10.255.0.3 count 5", .also = {"transport.ping.poll", "transport.ping.stop"}},
    {.path = "transport perf", .action = Action::kTransportPerf, .method = "transport.perf.start", .role = Role::kAdmin, .section = kTransport, .help = "messages to another router as fast as they go",
     .arguments = {
       address, port,
       {.keyword = "time", .name = "TIME", .type = Type::kDuration, .key = "time_ms", .help = "how long; default 10s", .min = 10, .max = 3600000},
       {.keyword = "size", .name = "BYTES", .type = Type::kInteger, .key = "size_bytes", .help = "of a message; default 131072, of an echo 64", .min = 1, .max = 1048576},
       {.keyword = "outstanding", .name = "N", .type = Type::kInteger, .key = "outstanding", .help = "messages at once; default 16, of echoes 1", .min = 1, .max = 256},
       {.keyword = "echo", .type = Type::kFlag, .key = "echo", .help = "each message is sent back: how long that takes"},
       {.keyword = "reverse", .type = Type::kFlag, .key = "reverse", .help = "messages come from the other router"},
       source},
     .example = "10.255.0.3 time 5s", .also = {"transport.perf.poll", "transport.perf.stop"}},
  };
}

std::vector<Command> finding() {
  return {
    {.path = "ping", .action = Action::kPing, .method = "ping.start", .role = Role::kAdmin, .section = kFinding, .help = "ask an address for echoes, from the router",
     .arguments = {
       {.name = "ADDRESS", .type = Type::kTarget, .key = "address", .help = "whom; fe80::1%p0 on one link", .required = true},
       {.keyword = "count", .name = "N", .type = Type::kInteger, .key = "count", .help = "stop after so many", .min = 1, .max = 1000000},
       {.keyword = "interval", .name = "TIME", .type = Type::kDuration, .key = "interval_ms", .help = "between two; default 1s", .min = 10, .max = 60000},
       {.keyword = "wait", .name = "TIME", .type = Type::kDuration, .key = "timeout_ms", .help = "for each answer; default 1s", .min = 1, .max = 60000},
       {.keyword = "size", .name = "BYTES", .type = Type::kInteger, .key = "size_bytes", .help = "of payload; default 56", .max = 9000},
       {.keyword = "ttl", .name = "N", .type = Type::kInteger, .key = "ttl", .help = "hop limit", .min = 1, .max = 255},
       {.keyword = "source", .name = "ADDRESS", .type = Type::kAddress, .key = "source", .help = "one of the router's addresses"},
       {.keyword = "fragment", .type = Type::kFlag, .key = "dont_fragment", .help = "routers on the way may fragment", .value = "false"}},
     .example = "10.2.0.5 count 5", .also = {"ping.poll", "ping.stop"}},
    {.path = "traceroute", .action = Action::kTraceroute, .method = "traceroute.start", .role = Role::kAdmin, .section = kFinding, .help = "the routers on the way to an address",
     .arguments = {
       {.name = "ADDRESS", .type = Type::kTarget, .key = "address", .help = "where to; fe80::1%p0 on one link", .required = true},
       {.keyword = "hops", .name = "N", .type = Type::kInteger, .key = "max_hops", .help = "at most; default 30", .min = 1, .max = 64},
       {.keyword = "probes", .name = "N", .type = Type::kInteger, .key = "probes", .help = "a hop; default 3", .min = 1, .max = 10},
       {.keyword = "wait", .name = "TIME", .type = Type::kDuration, .key = "timeout_ms", .help = "for each answer; default 1s", .min = 1, .max = 60000},
       {.keyword = "source", .name = "ADDRESS", .type = Type::kAddress, .key = "source", .help = "one of the router's addresses"}},
     .example = "10.2.0.5 hops 8", .also = {"traceroute.poll", "traceroute.stop"}},
    {.path = "trace add", .method = "trace.add", .role = Role::kAdmin, .section = kFinding, .help = "follow packets through the stages",
     .arguments = with_match({kOnlyPort, {.keyword = "match", .type = Type::kFlag, .key = "!match", .help = "introduces what follows; may be left out"}},
                             {{.keyword = "count", .name = "N", .type = Type::kInteger, .key = "count", .help = "packets; default 100", .min = 1, .max = 100000}}),
     .example = "port p0 match protocol udp to 10.2.0.0/16 dport 53"},
    {.path = "trace stop", .method = "trace.stop", .role = Role::kAdmin, .section = kFinding, .help = "end the trace; show trace still has its packets",
     .arguments = {{.name = "ID", .type = Type::kInteger, .key = "id", .help = "this trace", .min = 1, .max = UINT32_MAX}}, .example = "1"},
    {.path = "capture start", .method = "capture.start", .role = Role::kAdmin, .section = kFinding, .help = "write frames to a pcapng file",
     .arguments = with_match({kOnlyPort,
                              {.keyword = "file", .name = "FILE", .type = Type::kPath, .key = "file", .help = "on the daemon's machine", .required = true},
                              {.keyword = "match", .type = Type::kFlag, .key = "!match", .help = "introduces what follows; may be left out"}},
                             {{.keyword = "count", .name = "N", .type = Type::kInteger, .key = "count", .help = "stop after so many", .min = 1, .max = INT64_MAX},
                              {.keyword = "snap", .name = "BYTES", .type = Type::kInteger, .key = "snap_bytes", .help = "of every frame", .min = 64, .max = 232},
                              {.keyword = "overwrite", .type = Type::kFlag, .key = "overwrite", .help = "the file, if it is there"}}),
     .example = "port p0 file p0.pcapng count 1000"},
    {.path = "capture stop", .method = "capture.stop", .role = Role::kAdmin, .section = kFinding, .help = "close the capture's file",
     .arguments = {{.name = "ID", .type = Type::kInteger, .key = "id", .help = "this capture", .min = 1, .max = UINT32_MAX}}, .example = "1"},
    {.path = "capture status", .method = "capture.status", .role = Role::kRead, .section = kFinding, .help = "how far the capture is"},
    {.path = "stages timing", .method = "stages.timing", .role = Role::kAdmin, .section = kFinding, .help = "count the cycles of every stage (slower)",
     .arguments = {{.name = "on|off", .type = Type::kSwitch, .key = "on", .help = "begin or end", .required = true}}, .example = "on"},
    {.path = "doctor", .action = Action::kDoctor, .section = kFinding, .help = "what this machine or a device still needs; no daemon required",
     .arguments = {{.name = "DEVICE", .type = Type::kRest, .key = "!rest", .help = "a device specification, such as 0000:3b:00.0"}}, .example = "0000:3b:00.0"},
    {.path = "daemon doctor", .method = "doctor", .role = Role::kRead, .section = kFinding, .help = "the same checks, made by the running daemon",
     .arguments = {{.name = "DEVICE", .type = Type::kDevice, .key = "device", .help = "a device specification"}}, .example = "0000:3b:00.0", .timeout_s = 30},
  };
}

std::vector<Command> lab_and_daemon() {
  const Argument wire{.name = "WIRE", .type = Type::kWire, .key = "wire", .help = "see lab status", .required = true};
  return {
    {.path = "lab", .action = Action::kLab, .section = kLab, .help = "run routers on simulated wires in one process",
     .arguments = {{.name = "FILE", .type = Type::kPath, .key = "!file", .help = "a lab file", .group = 'a'},
                   {.keyword = "topology", .name = "SHAPE:ROUTERS", .type = Type::kShape, .key = "!topology", .help = "a network by its shape, or FILE.gml: one of the Topology Zoo", .group = 'a', .min = 2, .max = 200, .choices = "grid|line|mesh|ring|star|tree"},
                   {.keyword = "routing", .name = "WAY", .type = Type::kChoice, .key = "!routing", .help = "static routes (of a shape), or OSPF (of a file)", .choices = "static|ospf"},
                   {.keyword = "seed", .name = "N", .type = Type::kInteger, .key = "!seed", .help = "of every random choice (1)", .max = INT64_MAX},
                   {.keyword = "time", .name = "TIME", .type = Type::kChoice, .key = "!time", .help = "real, or virtual: the same seed gives the same run", .choices = "real|virtual"},
                   {.keyword = "duration", .name = "TIME", .type = Type::kDuration, .key = "!duration_ms", .help = "of traffic (5s)", .min = 1, .max = 86'400'000},
                   {.keyword = "picture", .name = "FILE", .type = Type::kPath, .key = "!picture", .help = "draw it at the end of its traffic, as SVG"},
                   {.keyword = "guests", .type = Type::kFlag, .key = "!guests", .help = "a Linux host behind each router at the edge; needs root"},
                   {.keyword = "stay", .type = Type::kFlag, .key = "!stay", .help = "go on until Ctrl-C"},
                   {.keyword = "run-dir", .name = "FOLDER", .type = Type::kPath, .key = "!run_dir", .help = "for the routers' control sockets"}},
     .example = "--topology ring:6 --time virtual --seed 5"},
    {.path = "lab status", .method = "lab.status", .role = Role::kRead, .section = kLab, .help = "routers and wires of the lab"},
    {.path = "lab cut", .method = "lab.cut", .role = Role::kAdmin, .section = kLab, .help = "cut a wire", .arguments = {wire}, .example = "r1-r2"},
    {.path = "lab mend", .method = "lab.mend", .role = Role::kAdmin, .section = kLab, .help = "mend it", .arguments = {wire}, .example = "r1-r2"},
    {.path = "lab picture", .action = Action::kPicture, .method = "lab.picture", .role = Role::kRead, .section = kLab, .help = "draw routers, wires, costs and states as SVG",
     .arguments = {{.name = "FILE", .type = Type::kPath, .key = "!file", .help = "where to; without: standard output"}}, .example = "lab.svg"},
    {.path = "daemon methods", .method = "daemon.methods", .role = Role::kRead, .section = kLab, .help = "what the daemon answers"},
    {.path = "daemon stop", .method = "daemon.stop", .role = Role::kAdmin, .section = kLab, .help = "end the daemon"},
  };
}

std::vector<Command> program() {
  return {
    {.path = "help", .action = Action::kHelp, .section = kProgram, .help = "this list, or help for a command",
     .arguments = {{.name = "COMMAND", .type = Type::kRest, .key = "!rest", .help = "words of a command"}}, .example = "route add"},
    {.path = "completion", .action = Action::kCompletion, .section = kProgram, .help = "a completion script for your shell",
     .arguments = {{.name = "SHELL", .type = Type::kChoice, .key = "!shell", .help = "bash", .required = true, .choices = "bash"}}, .example = "bash"},
    {.path = "manual", .action = Action::kManual, .section = kProgram, .help = "this manual",
     .arguments = {{.keyword = "scdoc", .type = Type::kFlag, .key = "!format", .help = "as scdoc, for the man page", .group = 'a', .value = "scdoc"},
                   {.keyword = "markdown", .type = Type::kFlag, .key = "!format", .help = "as Markdown (the default)", .group = 'a', .value = "markdown"}},
     .example = "scdoc"},
    {.path = "exit", .action = Action::kExit, .section = kProgram, .help = "leave the shell or the script"},
  };
}
// clang-format on

}  // namespace

std::vector<std::string_view> Command::words() const {
  std::vector<std::string_view> out;
  std::string_view rest = path;
  while (!rest.empty()) {
    const size_t blank = rest.find(' ');
    out.push_back(rest.substr(0, blank));
    rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(blank + 1);
  }
  return out;
}

const std::vector<Command>& grammar() {
  static const std::vector<Command> table = [] {
    std::vector<Command> all;
    for (auto part : {looking(), changing(), configuration(), looking_at_ospf(), changing_ospf(),
                      transport(), finding(), lab_and_daemon(), program()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return table;
}

const std::vector<Option>& options() {
  static const std::vector<Option> table = {
      {'j', "json", {}, false, "exactly one JSON document on standard output, errors included"},
      {'w', "watch", "SECONDS", true, "show again and again; default every second"},
      {'s', "socket", "PATH", false, "the daemon's socket"},
      {'f', "file", "FILE", false, "commands from a file; - reads standard input"},
      {'k', "keep-going", {}, false, "in a script, go on after an error"},
      {'t', "timeout", "SECONDS", false, "how long to wait for the daemon"},
      {'h', "help", {}, false, "what can be said here"},
      {'V', "version", {}, false, "the version of this program"},
  };
  return table;
}

}  // namespace spanway::cli
