#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends spoiled frames out of an interface. Runs inside a host's namespace.

usage: blast.py INTERFACE ROUTER_MAC HOST_MAC COUNT SEED PER_SECOND

PER_SECOND 0: as fast as it can.
"""
import socket
import sys
import time

import frames

AT_ONCE = 50


def main():
    interface, router_mac, host_mac, count, seed, per_second = sys.argv[1:]
    per_second = int(per_second)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((interface, 0))
    sent = 0
    good = frames.good_frames(router_mac, host_mac)
    began = time.monotonic()
    for number, frame in enumerate(frames.spoiled(good, int(count), int(seed))):
        if per_second and number % AT_ONCE == 0:
            time.sleep(max(began + number / per_second - time.monotonic(), 0))
        try:
            wire.send(frame)
            sent += 1
        except OSError:  # longer than the link's MTU, or the queue is full for a moment
            continue
    print(sent)


main()
