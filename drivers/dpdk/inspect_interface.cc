// SPDX-License-Identifier: BSD-3-Clause
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "drivers/dpdk/host_facts.h"
#include "drivers/dpdk/inspect.h"
#include "drivers/dpdk/linux_link.h"

namespace spanway::drivers {
namespace {

using Level = Finding::Level;

bool exists(const std::string& interface) { return if_nametoindex(interface.c_str()) != 0; }

Finding capability(Capability needed, const char* name, const char* what) {
  if (has_capability(needed)) return {"permission", Level::kOk, std::string("has ") + name};
  return {"permission", Level::kFail, std::string(what) + " takes " + name,
          std::string("run as root, or AmbientCapabilities=") + name + " in the unit file",
          ErrorCode::kPermission};
}

std::string driver_of(const std::string& interface) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  ifreq request{};
  interface.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  request.ifr_data = reinterpret_cast<char*>(&info);
  const bool good = ioctl(fd, SIOCETHTOOL, &request) == 0;
  close(fd);
  return good ? std::string(info.driver, strnlen(info.driver, sizeof(info.driver))) : "";
}

void inspect_tap(const std::string& name, std::vector<Finding>& all) {
  if (access("/dev/net/tun", R_OK | W_OK) != 0) {
    const bool missing = errno == ENOENT;
    all.push_back({"device", Level::kFail,
                   missing ? "there is no /dev/net/tun" : "/dev/net/tun may not be opened",
                   missing ? "modprobe tun" : "run as root",
                   missing ? ErrorCode::kUnavailable : ErrorCode::kPermission});
  } else {
    all.push_back({"device", Level::kOk, "/dev/net/tun is there"});
  }
  all.push_back(capability(Capability::kNetAdmin, "CAP_NET_ADMIN", "making a TAP"));
  if (exists(name) && driver_of(name) != "tun") {
    all.push_back({"name", Level::kFail, "interface " + name + " exists and is no TAP",
                   "choose another name, or veth:" + name + " to use the interface as it is",
                   ErrorCode::kExists});
  }
}

void inspect_existing(const std::string& name, std::vector<Finding>& all) {
  auto link = LinuxLink::watch(name);
  if (!link) {
    std::string known;
    for (const std::string& each : interfaces()) known += (known.empty() ? "" : ", ") + each;
    all.push_back({"device", Level::kFail, "there is no interface " + name,
                   "interfaces of this network namespace: " + known, ErrorCode::kNotFound});
    return;
  }
  const auto state = link->state();
  if (!state || !state->admin_up) {
    all.push_back(
        {"device", Level::kWarn, "interface " + name + " is down", "ip link set " + name + " up"});
  } else if (!state->carrier) {
    all.push_back({"device", Level::kWarn, "interface " + name + " has no carrier",
                   "connect it, or bring its peer up"});
  } else {
    all.push_back({"device", Level::kOk, "interface " + name + " is up"});
  }
  if (driver_of(name) == "veth") {
    all.push_back({"checksums", Level::kWarn,
                   "Linux leaves checksums and segmentation of what it sends into a veth to a card "
                   "that is not there",
                   "ethtool -K PEER tx off gso off tso off, at the other end of the pair"});
  }
}

}  // namespace

std::vector<Finding> inspect_interface(const DeviceSpec& spec) {
  std::vector<Finding> all;
  if (spec.kind == DeviceKind::kTap) {
    inspect_tap(spec.target, all);
    return all;
  }
  inspect_existing(spec.target, all);
  if (spec.kind == DeviceKind::kVeth) {
    all.push_back(capability(Capability::kNetRaw, "CAP_NET_RAW", "a packet socket"));
  } else {
    all.push_back(capability(Capability::kNetAdmin, "CAP_NET_ADMIN", "AF_XDP"));
  }
  return all;
}

}  // namespace spanway::drivers
