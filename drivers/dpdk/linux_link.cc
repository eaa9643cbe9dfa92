// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/linux_link.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace spanway::drivers {
namespace {

using Buffer = std::array<char, 8192>;

// A question and its one answer; false on any error.
bool ask(const nlmsghdr* request, mnl_cb_t read, void* into) {
  mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == nullptr) return false;
  alignas(nlmsghdr) Buffer buffer;
  bool good = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
              mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0;
  if (good) {
    const ssize_t bytes = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    good = bytes > 0 && mnl_cb_run(buffer.data(), static_cast<size_t>(bytes), request->nlmsg_seq,
                                   mnl_socket_get_portid(socket), read, into) >= 0;
  }
  mnl_socket_close(socket);
  return good;
}

// libmnl's own loop is a macro that C++ does not take.
template <class Visit>
void for_each_attribute(const nlmsghdr* message, Visit visit) {
  const auto call = [](const nlattr* attribute, void* visitor) -> int {
    (*static_cast<Visit*>(visitor))(attribute);
    return MNL_CB_OK;
  };
  mnl_attr_parse(message, sizeof(ifinfomsg), call, &visit);
}

int read_link(const nlmsghdr* message, void* into) {
  if (message->nlmsg_type != RTM_NEWLINK) return MNL_CB_OK;
  auto& state = *static_cast<LinuxLinkState*>(into);
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  state.admin_up = (header->ifi_flags & IFF_UP) != 0;
  for_each_attribute(message, [&](const nlattr* attribute) {
    const auto type = mnl_attr_get_type(attribute);
    // The device's own word. IFF_RUNNING says the same when the kernel's link watch has come round,
    // which may be a second later.
    if (type == IFLA_CARRIER) state.carrier = state.admin_up && mnl_attr_get_u8(attribute) != 0;
    if (type == IFLA_MTU) state.mtu = mnl_attr_get_u32(attribute);
    if (type == IFLA_ADDRESS && mnl_attr_get_payload_len(attribute) == 6)
      std::memcpy(state.mac.bytes.data(), mnl_attr_get_payload(attribute), 6);
  });
  return MNL_CB_OK;
}

}  // namespace

Result<LinuxLink> LinuxLink::watch(const std::string& interface) {
  LinuxLink link;
  // Listen first, so that a move right after the look-up is not missed.
  link.events_ = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (link.events_ == nullptr || mnl_socket_bind(link.events_, RTMGRP_LINK, 0) < 0)
    return Error{ErrorCode::kUnavailable, std::string("rtnetlink: ") + strerror(errno)};
  link.index_ = if_nametoindex(interface.c_str());
  if (link.index_ == 0)
    return Error{ErrorCode::kNotFound, "there is no network interface " + interface};
  return link;
}

LinuxLink::LinuxLink(LinuxLink&& other) noexcept
    : events_(std::exchange(other.events_, nullptr)),
      index_(other.index_),
      namespace_id_(other.namespace_id_) {}

LinuxLink::~LinuxLink() {
  if (events_ != nullptr) mnl_socket_close(events_);
}

void LinuxLink::note_move(const nlmsghdr* message) {
  if (message->nlmsg_type != RTM_DELLINK) return;
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  if (static_cast<uint32_t>(header->ifi_index) != index_) return;
  std::optional<int32_t> where;
  uint32_t index = index_;
  for_each_attribute(message, [&](const nlattr* attribute) {
    const auto type = mnl_attr_get_type(attribute);
    if (type == IFLA_NEW_NETNSID) where = static_cast<int32_t>(mnl_attr_get_u32(attribute));
    if (type == IFLA_NEW_IFINDEX) index = mnl_attr_get_u32(attribute);
  });
  if (!where) return;
  namespace_id_ = where;
  index_ = index;
}

// Reads what has happened since the last look, without waiting. One move is followed; the kernel
// tells of later ones only in the namespace where they happen.
void LinuxLink::follow() {
  const auto note = [](const nlmsghdr* message, void* self) -> int {
    static_cast<LinuxLink*>(self)->note_move(message);
    return MNL_CB_OK;
  };
  alignas(nlmsghdr) Buffer buffer;
  while (true) {
    const ssize_t bytes = mnl_socket_recvfrom(events_, buffer.data(), buffer.size());
    if (bytes <= 0) {
      if (bytes < 0 && errno == ENOBUFS) continue;  // events were lost, others are still there
      return;
    }
    if (!namespace_id_) mnl_cb_run(buffer.data(), static_cast<size_t>(bytes), 0, 0, note, this);
  }
}

nlmsghdr* LinuxLink::begin(char* buffer, uint16_t type, uint16_t flags) const {
  nlmsghdr* request = mnl_nlmsg_put_header(buffer);
  request->nlmsg_type = type;
  request->nlmsg_flags = flags;
  request->nlmsg_seq = 1;
  auto* header = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  header->ifi_family = AF_UNSPEC;
  header->ifi_index = static_cast<int>(index_);
  if (namespace_id_)
    mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, static_cast<uint32_t>(*namespace_id_));
  return request;
}

std::optional<LinuxLinkState> LinuxLink::state() {
  follow();
  alignas(nlmsghdr) Buffer buffer{};
  const nlmsghdr* request = begin(buffer.data(), RTM_GETLINK, NLM_F_REQUEST);
  LinuxLinkState state;
  if (!ask(request, read_link, &state)) return std::nullopt;
  return state;
}

Status LinuxLink::set_mtu(uint16_t mtu) {
  follow();
  alignas(nlmsghdr) Buffer buffer{};
  nlmsghdr* request = begin(buffer.data(), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
  mnl_attr_put_u32(request, IFLA_MTU, mtu);
  if (ask(request, nullptr, nullptr)) return {};
  const int code = errno;
  return Error{
      code == EPERM ? ErrorCode::kPermission : ErrorCode::kUnavailable,
      "the interface does not take an MTU of " + std::to_string(mtu) + ": " + strerror(code)};
}

}  // namespace spanway::drivers
