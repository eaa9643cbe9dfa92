// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/guests.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

namespace spanway::lab {
namespace {

// Runs `ip` of iproute2 with the words of `arguments`; no shell is involved.
Status ip(const std::string& arguments) {
  std::vector<std::string> words = {"ip"};
  std::istringstream stream(arguments);
  for (std::string word; stream >> word;) words.push_back(word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  if (posix_spawnp(&child, "ip", nullptr, nullptr, argv.data(), environ) != 0 ||
      waitpid(child, &status, 0) != child || status != 0)
    return Error{ErrorCode::kUnavailable, "ip " + arguments + " failed",
                 "Linux hosts in the lab need root and the package iproute2"};
  return {};
}

}  // namespace

Status Guests::add(const GuestPlan& plan) {
  const std::string netns = "spw-" + std::to_string(getpid()) + "-" + plan.name;
  if (auto done = ip("netns add " + netns); !done) return done;
  made_.push_back({plan.name, netns, plan.addresses});
  const std::string& tap = plan.device;
  std::vector<std::string> steps = {"link set " + tap + " netns " + netns,
                                    "-n " + netns + " link set lo up"};
  for (const IpWithLength& address : plan.addresses)
    steps.push_back("-n " + netns + " addr add " + address.to_string() + " dev " + tap +
                    (address.addr.is6() ? " nodad" : ""));
  steps.push_back("-n " + netns + " link set " + tap + " up");
  for (const IpAddr& gateway : plan.gateways)
    steps.push_back("-n " + netns + (gateway.is6() ? " -6" : "") + " route add default via " +
                    gateway.to_string());
  for (const std::string& step : steps)
    if (auto done = ip(step); !done) return done;
  return {};
}

Guests::~Guests() {
  for (const Made& one : made_) (void)ip("netns del " + one.netns);
}

}  // namespace spanway::lab
