// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/grammar_ospf.h"

#include "control/cli/paging.h"

namespace spanway::cli {
namespace {

constexpr std::string_view kOspf = "OSPF";

const Argument kOff{.keyword = "off", .type = Type::kFlag, .key = "off", .help = "remove it again"};
const Argument kPort{.name = "INTERFACE",
                     .type = Type::kInterface,
                     .key = "port",
                     .help = "p0, or p0.100",
                     .required = true};
const Argument kTag{.keyword = "tag",
                    .name = "N",
                    .type = Type::kInteger,
                    .key = "tag",
                    .help = "a mark for other routers",
                    .max = UINT32_MAX};

Argument number(std::string_view keyword, std::string_view key, std::string_view help, int64_t min,
                int64_t max) {
  return {.keyword = keyword,
          .name = "N",
          .type = Type::kInteger,
          .key = key,
          .help = help,
          .min = min,
          .max = max};
}
Argument span(std::string_view keyword, std::string_view key, std::string_view help, int64_t min,
              int64_t max) {
  return {.keyword = keyword,
          .name = "TIME",
          .type = Type::kDuration,
          .key = key,
          .help = help,
          .min = min,
          .max = max};
}
Argument moment(std::string_view keyword, std::string_view key, std::string_view help) {
  return {.keyword = keyword, .name = "TIME", .type = Type::kWord, .key = key, .help = help};
}

}  // namespace

// clang-format off
std::vector<Command> looking_at_ospf() {
  return {
    {.path = "show ospf", .method = "show.ospf", .role = Role::kRead, .section = kOspf,
     .help = "OSPF in short: neighbours, database, calculations, losses"},
    {.path = "show ospf neighbours", .method = "show.ospf.neighbours", .role = Role::kRead, .section = kOspf,
     .help = "the routers that OSPF hears"},
    {.path = "show ospf interfaces", .method = "show.ospf.interfaces", .role = Role::kRead, .section = kOspf,
     .help = "where OSPF runs, and how"},
    {.path = "show ospf lsdb", .method = "show.ospf.lsdb", .role = Role::kRead, .section = kOspf,
     .help = "the link-state database", .arguments = {kLimit, kOffset}, .example = "limit 10"},
    {.path = "show ospf spf", .method = "show.ospf.spf", .role = Role::kRead, .section = kOspf,
     .help = "the calculation of shortest paths"},
    {.path = "show ospf routes", .method = "show.ospf.routes", .role = Role::kRead, .section = kOspf,
     .help = "the routes that OSPF found", .arguments = {kLimit, kOffset}, .example = "limit 10"},
    {.path = "show ospf topology", .method = "show.ospf.topology", .role = Role::kRead, .section = kOspf,
     .help = "routers and their links, as the database has them", .arguments = {kLimit, kOffset}, .example = "limit 10"},
  };
}

std::vector<Command> changing_ospf() {
  const Argument router{.name = "ID", .type = Type::kWord, .key = "router_id", .help = "as 10.255.0.1", .required = true};
  Argument router_key = router;
  router_key.keyword = "router-id";
  router_key.required = false;
  return {
    {.path = "ospf port", .method = "ospf.port", .role = Role::kAdmin, .section = kOspf, .help = "run OSPF on an interface, or change how",
     .arguments = {
       kPort,
       {.keyword = "area", .name = "AREA", .type = Type::kWord, .key = "area", .help = "as 0.0.0.0; the same on all interfaces"},
       number("cost", "cost", "of leaving by it", 1, 65535),
       {.keyword = "type", .name = "TYPE", .type = Type::kChoice, .key = "type", .help = "of the link", .choices = "broadcast|point-to-point"},
       span("hello", "hello_interval_s", "between two hellos", 1, 65535),
       span("dead", "dead_interval_s", "without a hello until a neighbour is gone", 1, 1000000),
       span("retransmit", "retransmit_interval_s", "until what nobody acknowledged is sent again", 1, 3600),
       span("delay", "transmit_delay_s", "that an LSA grows older on its way", 1, 3600),
       number("priority", "priority", "for the election of the designated router; 0: never", 0, 255),
       {.keyword = "passive", .name = "on|off", .type = Type::kSwitch, .key = "passive", .help = "announce its subnets, say and hear nothing"},
       {.keyword = "mtu-ignore", .name = "on|off", .type = Type::kSwitch, .key = "mtu_ignore", .help = "take neighbours of another MTU"},
       kOff},
     .example = "p0 cost 30 type point-to-point hello 1 dead 4"},
    {.path = "ospf key", .method = "ospf.key", .role = Role::kAdmin, .section = kOspf, .help = "give an interface a key, or change it",
     .arguments = {
       kPort,
       {.name = "ID", .type = Type::kInteger, .key = "id", .help = "the same on all routers of the link", .required = true, .max = 255},
       {.keyword = "algorithm", .name = "ALGORITHM", .type = Type::kChoice, .key = "algorithm", .help = "hmac-sha-256 unless given",
        .choices = "simple|md5|hmac-sha-1|hmac-sha-256|hmac-sha-384|hmac-sha-512"},
       {.keyword = "secret", .name = "TEXT", .type = Type::kWord, .key = "secret", .help = "the shell keeps what is typed: config apply does not"},
       moment("accept-from", "accept_from", "packets are taken from then on: 2026-12-01T00:00:00Z"),
       moment("accept-until", "accept_until", "and until then"),
       moment("generate-from", "generate_from", "packets are signed from then on"),
       moment("generate-until", "generate_until", "and until then"),
       kOff},
     .example = "p0 2 algorithm md5 secret geheim generate-from 2026-12-01T00:00:00Z"},
    {.path = "ospf redistribute", .method = "ospf.redistribute", .role = Role::kAdmin, .section = kOspf, .help = "announce routes of another source",
     .arguments = {
       {.name = "ORIGIN", .type = Type::kChoice, .key = "origin", .help = "which", .required = true, .choices = "static|connected"},
       number("metric", "metric", "20 unless given", 0, 16777214),
       number("type", "type", "1: the cost inside counts, too; 2 unless given", 1, 2),
       kTag, kOff},
     .example = "static metric 100 type 1"},
    {.path = "ospf stub", .method = "ospf.stub", .role = Role::kAdmin, .section = kOspf, .help = "announce a host or network behind this router",
     .arguments = {
       {.name = "PREFIX", .type = Type::kPrefix, .key = "prefix", .help = "as 10.255.0.1/32", .required = true},
       number("cost", "cost", "0 unless given", 0, 65535), kOff},
     .example = "10.255.0.1/32"},
    {.path = "ospf router-id", .method = "ospf.set", .role = Role::kAdmin, .section = kOspf, .help = "name this router; all adjacencies begin anew",
     .arguments = {router}, .example = "10.255.0.1"},
    {.path = "ospf set", .method = "ospf.set", .role = Role::kAdmin, .section = kOspf, .help = "what holds for all of OSPF",
     .arguments = {
       router_key,
       number("max-paths", "max_paths", "equal paths kept for a destination", 1, 64),
       number("preference", "preference", "lower wins against other protocols", 1, 254),
       {.keyword = "default", .name = "WHEN", .type = Type::kChoice, .key = "default_originate", .help = "announce a default route", .choices = "never|always|if-present"},
       number("default-metric", "default_metric", "what it is announced with", 0, 16777214),
       number("default-type", "default_type", "1: the cost inside counts, too", 1, 2),
       number("default-tag", "default_tag", "a mark for other routers", 0, UINT32_MAX),
       span("spf-initial", "spf_initial_ms", "a change after quiet waits so long for its calculation", 0, 60000),
       span("spf-short", "spf_short_ms", "those that follow", 0, 60000),
       span("spf-long", "spf_long_ms", "in an unquiet time", 0, 60000)},
     .example = "default if-present default-metric 5"},
  };
}
// clang-format on

}  // namespace spanway::cli
