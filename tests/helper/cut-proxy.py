# SPDX-License-Identifier: ISC
"""
A faulty connection between a daemon and its server: python3 cut-proxy.py LISTEN SERVER CONTROL

LISTEN and SERVER are paths of sockets. The file CONTROL says what happens to data from the server:
"pass" passes it on; "cut N" passes N bytes on and closes the connection; "hold" drops it; "drip"
passes it on slowly, byte by byte. Prints "ready" when it listens.
"""

import socket
import sys
import threading
import time

import listener

LISTEN, SERVER, CONTROL = sys.argv[1:]


def order():
    with open(CONTROL, encoding="ascii") as file:
        return (file.read().split() or ["pass"])


def pass_on(source, to):
    """From the daemon to the server, unchanged."""
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def drip(data, client):
    for byte in data:
        client.sendall(bytes([byte]))
        time.sleep(0.05)


def serve(client):
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(SERVER)
        threading.Thread(target=pass_on, args=(client, server), daemon=True).start()
        while data := server.recv(65536):
            what = order()
            if what[0] == "cut":
                client.sendall(data[: int(what[1])])
                break
            if what[0] == "drip":
                drip(data, client)
            elif what[0] == "pass":
                client.sendall(data)
    except OSError:
        pass
    for end in (client, server):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


listener.run(LISTEN, serve)
