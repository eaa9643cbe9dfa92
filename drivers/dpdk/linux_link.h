// SPDX-License-Identifier: BSD-3-Clause
// The truth about a Linux network interface, from rtnetlink, for drivers that do not know it.
// Control thread.
//
// The interface is followed into the network namespace that it is moved to, as the lab does with
// its TAPs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/result.h"

struct mnl_socket;
struct nlmsghdr;

namespace spanway::drivers {

struct LinuxLinkState {
  bool admin_up = false;
  bool carrier = false;  // up, and what is below it is up
  uint32_t mtu = 0;
  EtherAddr mac;
};

class LinuxLink {
 public:
  // kNotFound when there is no such interface in this network namespace.
  static Result<LinuxLink> watch(const std::string& interface);
  ~LinuxLink();
  LinuxLink(LinuxLink&& other) noexcept;
  LinuxLink& operator=(LinuxLink&&) = delete;
  LinuxLink(const LinuxLink&) = delete;

  // Nothing when the interface is gone, or is where this process may not look.
  std::optional<LinuxLinkState> state();
  Status set_mtu(uint16_t mtu);

 private:
  LinuxLink() = default;
  // The request's head, about this interface; the caller's buffer is at least 256 bytes.
  nlmsghdr* begin(char* buffer, uint16_t type, uint16_t flags) const;
  void follow();
  void note_move(const nlmsghdr* message);

  mnl_socket* events_ = nullptr;
  uint32_t index_ = 0;
  std::optional<int32_t> namespace_id_;  // where it went, as the kernel numbers it for us
};

}  // namespace spanway::drivers
