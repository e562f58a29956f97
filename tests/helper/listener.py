# SPDX-License-Identifier: ISC
"""What the servers of the tests have in common: a socket at a path, and a thread for each client."""

import os
import socket
import threading


def run(path, serve):
    """Calls serve(client) for each client, forever. Prints "ready" when it listens."""
    os.umask(0o077)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()
