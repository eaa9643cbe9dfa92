// SPDX-License-Identifier: BSD-3-Clause
// The one table of commands. The parser, the help, Tab, the bash completion, the man page,
// docs/cli.md and the requests to the daemon all come from it. Constant data; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace spanway::cli {

enum class Type : uint8_t {
  kFlag,         // a keyword alone
  kSwitch,       // on, off
  kInteger,      // min to max
  kDuration,     // 500ms, 60, 60s, 5m, 1h; goes out in the unit that the key ends in
  kChoice,       // one of `choices`
  kShape,        // ring:6: one of `choices`, a colon, min to max; or the path of a .gml
  kPrefix,       // 10.0.0.0/8, host bits 0
  kMatchPrefix,  // the same, or an address alone
  kAddress,      // 10.0.0.1, 2001:db8::1
  kTarget,       // the same, and an address of one link with its interface: fe80::1%p0
  kSubnet,       // 10.0.0.1/24: an address and the length of its subnet
  kMac,
  kPort,       // a port that is there
  kNewName,    // a name to give
  kInterface,  // p0, p0.100
  kWire,       // a wire of the lab
  kDevice,     // what drivers/factory.h opens
  kFile,       // read here; its text and name go to the daemon
  kPath,       // opened by the daemon; made absolute here
  kWord,       // anything
  kRest,       // all that follows, options included, for another program
};

struct Argument {
  std::string_view keyword{};  // empty: known by its place
  std::string_view name{};     // in help: PREFIX. A flag has none
  Type type = Type::kWord;
  // Where it goes in the parameters: "prefix", "match.source"; "via[+].gateway" begins a new
  // element of a list, "via[].weight" belongs to the element begun last.
  std::string_view key{};
  std::string_view help{};
  bool required = false;
  bool repeat = false;
  char group = 0;  // of one group at most one is given; exactly one when they are `required`
  int64_t min = 0, max = 0;
  std::string_view choices{};  // "ip4|ip6"
  std::string_view value{};    // kFlag: goes out as this text; empty: as true
};

// What happens with a command that was understood.
enum class Action : uint8_t {
  kCall,           // one request, one answer, rendered
  kTop,            // several requests, again and again
  kEvents,         // may follow
  kPing,           // start, poll, stop
  kTraceroute,     // start, poll, stop
  kTransportPing,  // start, poll, stop
  kTransportPerf,  // start, poll, stop
  kBatch,          // a file of routes in one request
  kPicture,        // one call whose answer goes to a file
  kLab,            // becomes spanwayd --lab
  kDoctor,         // becomes spanwayd --doctor
  kCompletion,
  kManual,
  kHelp,
  kExit,
};

enum class Role : uint8_t { kNone, kRead, kAdmin };

struct Command {
  std::string_view path{};  // "show ports"; two words may be given in either order
  Action action = Action::kCall;
  std::string_view method{};  // of docs/api.md; also the renderer's name. Empty: none
  Role role = Role::kNone;
  std::string_view section{};
  std::string_view help{};  // one line
  std::vector<Argument> arguments{};
  std::string_view example{};  // arguments that parse
  int timeout_s = 5;           // when -t is silent
  // Further methods that the action uses.
  std::vector<std::string_view> also{};

  [[nodiscard]] std::vector<std::string_view> words() const;
};

const std::vector<Command>& grammar();

// The options that stand before, between or behind the words of a command.
struct Option {
  char letter = 0;
  std::string_view word{};
  std::string_view value{};  // its name in help; empty: none
  bool value_optional = false;
  std::string_view help{};
};
const std::vector<Option>& options();

}  // namespace spanway::cli
