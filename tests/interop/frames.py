# SPDX-License-Identifier: BSD-3-Clause
"""Frames as bytes: good ones of every kind, and how to spoil them. Seeded, so a run repeats."""
import ipaddress
import random
import struct

ETHER_IP4, ETHER_ARP, ETHER_VLAN, ETHER_IP6 = 0x0800, 0x0806, 0x8100, 0x86DD


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return ipaddress.ip_address(text).packed


def ether(destination, source, kind, payload):
    return mac(destination) + mac(source) + struct.pack("!H", kind) + payload


def vlan(tag, kind, payload):
    return struct.pack("!HH", tag, kind) + payload


def ip4(source, destination, protocol, payload, ttl=64, options=b"", fragment=0):
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, words * 4 + len(payload), 7, fragment, ttl,
                       protocol, 0, ip(source), ip(destination)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(source, destination, protocol, payload, hops=64):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, hops, ip(source),
                       ip(destination)) + payload


def udp(source_port, destination_port, payload):
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def tcp_syn(source_port, destination_port):
    return struct.pack("!HHIIBBHHH", source_port, destination_port, 1, 0, 5 << 4, 2, 8192, 0, 0)


def echo4(payload=b"x" * 32):
    head = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + payload
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def icmp6(source, destination, message):
    pseudo = ip(source) + ip(destination) + struct.pack("!II", len(message), 58)
    return message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]


def arp(operation, sender_mac, sender, target_mac, target):
    return struct.pack("!HHBBH6s4s6s4s", 1, ETHER_IP4, 6, 4, operation, mac(sender_mac), ip(sender),
                       mac(target_mac), ip(target))


def good_frames(router_mac, host_mac):
    """One of every kind that a router on 10.1.1.1 and 2001:db8:1::1 meets."""
    four = ("10.1.1.2", "10.1.2.2")
    six = ("2001:db8:1::2", "2001:db8:2::2")
    ours6 = ("2001:db8:1::2", "2001:db8:1::1")
    solicit = struct.pack("!BBHI16s", 135, 0, 0, 0, ip(ours6[1])) + b"\1\1" + mac(host_mac)
    advert = struct.pack("!BBHI16s", 136, 0, 0, 0x60000000, ip(ours6[0])) + b"\2\1" + mac(host_mac)
    hop_by_hop = struct.pack("!BB", 17, 0) + b"\1\4\0\0\0\0"
    routing = struct.pack("!BBBB", 17, 2, 0, 1) + b"\0" * 4 + ip(six[0])
    fragment6 = struct.pack("!BBHI", 17, 0, 1, 9)
    body = udp(4000, 9, b"payload!")
    packets = [
        (ETHER_IP4, ip4(*four, 17, body)),
        (ETHER_IP4, ip4(*four, 6, tcp_syn(4000, 80))),
        (ETHER_IP4, ip4(*four, 1, echo4())),
        (ETHER_IP4, ip4(*four, 17, body, ttl=1)),
        (ETHER_IP4, ip4(*four, 17, body, options=b"\x07\x07\x04\0\0\0\0\0")),
        (ETHER_IP4, ip4(*four, 17, body, options=b"\x83\x07\x04\x0a\1\1\1\0")),
        (ETHER_IP4, ip4(*four, 17, body, fragment=0x2000)),
        (ETHER_IP4, ip4(*four, 17, body, fragment=0x1FFF)),
        (ETHER_IP4, ip4("10.1.1.2", "10.1.1.1", 1, echo4())),
        (ETHER_IP4, ip4("10.1.1.2", "10.1.1.1", 17, body)),
        (ETHER_IP4, ip4("127.0.0.1", "10.1.2.2", 17, body)),
        (ETHER_IP4, ip4("10.1.1.2", "255.255.255.255", 17, body)),
        (ETHER_IP4, ip4("224.0.0.1", "10.1.2.2", 17, body)),
        (ETHER_IP6, ip6(*six, 17, body)),
        (ETHER_IP6, ip6(*six, 17, body, hops=1)),
        (ETHER_IP6, ip6(*six, 0, hop_by_hop + body)),
        (ETHER_IP6, ip6(*six, 43, routing + body)),
        (ETHER_IP6, ip6(*six, 44, fragment6 + body)),
        (ETHER_IP6, ip6(*six, 60, struct.pack("!BB", 60, 0) + b"\0" * 6 + hop_by_hop + body)),
        (ETHER_IP6, ip6(*ours6, 58, icmp6(*ours6, solicit), hops=255)),
        (ETHER_IP6, ip6(*ours6, 58, icmp6(*ours6, advert), hops=255)),
        (ETHER_IP6, ip6(*ours6, 58, icmp6(*ours6, struct.pack("!BBHI", 128, 0, 0, 1)))),
        (ETHER_IP6, ip6("::1", six[1], 17, body)),
        (ETHER_ARP, arp(1, host_mac, "10.1.1.2", "00:00:00:00:00:00", "10.1.1.1")),
        (ETHER_ARP, arp(2, host_mac, "10.1.1.2", router_mac, "10.1.1.1")),
        (0x88CC, b"\x02\x07\x04" + b"\0" * 40),
    ]
    frames = [ether(router_mac, host_mac, kind, payload) for kind, payload in packets]
    frames += [ether(router_mac, host_mac, ETHER_VLAN, vlan(100, kind, payload))
               for kind, payload in packets[::5]]
    frames += [ether("ff:ff:ff:ff:ff:ff", host_mac, kind, payload)
               for kind, payload in packets[::7]]
    return frames


def spoiled(frames, count, seed):
    """`count` frames, most of them damaged in one or several ways."""
    dice = random.Random(seed)
    for _ in range(count):
        frame = bytearray(dice.choice(frames))
        for _ in range(dice.randrange(1, 4)):
            spoil(frame, dice)
        yield bytes(frame) if len(frame) >= 14 else bytes(frame) + b"\0" * (14 - len(frame))


def spoil(frame, dice):
    way = dice.randrange(6)
    size = len(frame)
    if way == 0:  # cut
        del frame[dice.randrange(min(14, size), size + 1):]
    elif way == 1:  # one wrong byte anywhere behind the addresses
        if size > 12:
            frame[dice.randrange(12, size)] = dice.randrange(256)
    elif way == 2:  # one wrong byte in the first header
        if size > 16:
            frame[dice.randrange(14, min(size, 54))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
    elif way == 3:  # a length that lies
        if size > 20:
            place = dice.choice((16, 18))
            frame[place:place + 2] = struct.pack("!H", dice.randrange(65536))
    elif way == 4:  # a tail of rubbish
        frame += dice.randbytes(dice.randrange(1, 64))
    elif size > 34:  # several wrong bytes behind the first header
        for _ in range(4):
            frame[dice.randrange(34, size)] = dice.randrange(256)
