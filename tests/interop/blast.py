#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends spoiled frames out of an interface as fast as it can. Runs inside a host's namespace.

usage: blast.py INTERFACE ROUTER_MAC HOST_MAC COUNT SEED
"""
import socket
import sys

import frames


def main():
    interface, router_mac, host_mac, count, seed = sys.argv[1:]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((interface, 0))
    sent = 0
    good = frames.good_frames(router_mac, host_mac)
    for frame in frames.spoiled(good, int(count), int(seed)):
        try:
            wire.send(frame)
            sent += 1
        except OSError:  # longer than the link's MTU, or the queue is full for a moment
            continue
    print(sent)


main()
