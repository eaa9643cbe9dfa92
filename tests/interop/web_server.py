#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Python's own http.server on both families, with a certificate also HTTPS.

usage: web_server.py FOLDER PORT [CERTIFICATE KEY]
"""
import functools
import http.server
import socket
import ssl
import sys


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6  # and IPv4 with it, as mapped addresses


def main():
    folder, port, *tls = sys.argv[1:]
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = Server(("::", int(port)), handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main()
