// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/client/spanway.h"

const char* spanway_error_text(int error) {
  switch (error) {
    case SPANWAY_EAGAIN:
      return "nothing is there yet, or there is no room";
    case SPANWAY_ETIMEOUT:
      return "the time is over";
    case SPANWAY_EINVALID:
      return "this can not be done: an argument is wrong";
    case SPANWAY_ENODAEMON:
      return "no daemon serves this socket";
    case SPANWAY_EGONE:
      return "the daemon has ended: detach, and attach again when it is back";
    case SPANWAY_EVERSION:
      return "this library and the daemon are of different versions";
    case SPANWAY_EPERMISSION:
      return "you may not: become a member of the socket's group";
    case SPANWAY_ELIMIT:
      return "one application may not have more";
    case SPANWAY_EMEMORY:
      return "the machine has no more memory or file descriptors";
    case SPANWAY_EINUSE:
      return "this port is somebody's";
    case SPANWAY_EUNREACHABLE:
      return "no way leads to this address";
    case SPANWAY_ETOOLONG:
      return "longer than the peer takes, or than there is room";
    case SPANWAY_ENOSTREAM:
      return "the peer takes no such stream";
    case SPANWAY_EFINISHED:
      return "this side has said that it sends nothing more";
    case SPANWAY_EEND:
      return "the peer sends nothing more";
    case SPANWAY_ECLOSED:
      return "the connection is closed";
    case SPANWAY_ESILENT:
      return "the peer was not heard any more";
    case SPANWAY_ESPENT:
      return "the connection carried as many packets as one may";
    case SPANWAY_ESTOPPED:
      return "the daemon stopped the connection";
    case SPANWAY_EBROKEN:
      return "the daemon and this application contradict each other";
    default:
      return error >= 0 ? "all is well" : "an unknown error";
  }
}
