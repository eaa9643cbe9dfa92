# SPDX-License-Identifier: BSD-3-Clause
"""What Linux hosts do with each other across a router, each with its verdict."""
import hashlib
import json
import os
import pathlib
import re
import sys

from lab import Failed, expect, tool, wait_for

HERE = pathlib.Path(__file__).resolve().parent


def family(address):
    return "-6" if ":" in address else "-4"


def ping(host, address, *options, count=5):
    """Every single echo is answered, the very first too: it waits for ARP, it is not lost."""
    said = host.run("ping", family(address), "-n", "-c", count, "-i", "0.2", "-W", "2", *options,
                    address, check=False)
    expect(f"{count} received" in said, f"ping {address}\n{said}")
    return said


def no_ping(host, address, *options):
    said = host.run("ping", family(address), "-n", "-c", 2, "-i", "0.2", "-W", "1", *options,
                    address, check=False)
    expect(" 0 received" in said, f"ping {address} was answered\n{said}")
    return said


def traceroute(host, address, via):
    """The road is exactly `via`, then the address itself."""
    said = host.run("traceroute", family(address), "-n", "-q", "1", "-w", "2", "-m", "8", address)
    road = re.findall(r"^\s*\d+\s+(\S+)", said, re.M)
    expect(road == [*via, address], f"expected {' '.join([*via, address])}\n{said}")


def iperf3(client, server, address, *options, seconds=3):
    """One short run; what iperf3 measured, as it says it in JSON (the part called end)."""
    process = server.start("iperf3", "-s", "-1")
    wait_for(lambda: server.listens(5201), "iperf3 listens")
    said = client.run("iperf3", family(address), "-J", "-c", address, "-t", seconds, *options,
                      timeout=seconds + 30, check=False)
    process.stop()
    result = json.loads(said)
    expect("error" not in result, f"iperf3: {result.get('error')}")
    return result["end"]


def web(lab, client, server, address, tls):
    """A megabyte by HTTP or HTTPS from Python's server to curl, compared byte for byte."""
    folder = lab.folder / "web"
    folder.mkdir(exist_ok=True)
    page = folder / "page"
    if not page.exists():
        page.write_bytes(os.urandom(1 << 20))
    certificate = [certificate_for(lab, address)] if tls else []
    port = 8443 if tls else 8080
    words = [certificate[0], certificate[0].with_suffix(".key")] if tls else []
    process = server.start(sys.executable, HERE / "web_server.py", folder, port, *words)
    try:
        wait_for(lambda: server.listens(port), "the web server listens")
        host = f"[{address}]" if ":" in address else address
        got = lab.folder / "got"
        client.run("curl", "--silent", "--show-error", "--fail", "--max-time", 20, "--output", got,
                   *(["--cacert", certificate[0]] if tls else []),
                   f"{'https' if tls else 'http'}://{host}:{port}/page")
        expect(digest(got) == digest(page), "the page arrived damaged")
    finally:
        process.stop()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def certificate_for(lab, address):
    """A self-signed certificate for this address."""
    path = lab.folder / f"{address.replace(':', '_')}.pem"
    if not path.exists():
        tool("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "1", "-subj", f"/CN={address}", "-addext",
             f"subjectAltName=IP:{address}", "-keyout", path.with_suffix(".key"), "-out", path)
    return path


def neighbour(router, address):
    """The router's entry for this address, or None."""
    for entry in router.call("show.neighbours")["neighbours"]:
        if entry["address"] == address:
            return entry
    return None


def at_rest(router):
    """Waits until the books of the router balance."""
    try:
        wait_for(router.is_balanced, "the counters balance", 5)
    except Failed:
        raise Failed(f"the counters do not balance: {router.call('show.counters')}")
