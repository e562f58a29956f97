# SPDX-License-Identifier: ISC
"""
A server of Redis that only says what it is: python3 old-server.py LISTEN VERSION

Listens on the path of a socket. Answers INFO with this version and what a daemon wants to read, and
every other command with an empty list. Prints "ready" when it listens.
"""

import sys

import listener

LISTEN, VERSION = sys.argv[1:]

INFO = f"""# Server
redis_version:{VERSION}
run_id:{'0' * 40}
# Replication
role:master
# Persistence
loading:0
aof_enabled:1
aof_last_write_status:ok
# Memory
maxmemory_policy:noeviction
""".replace("\n", "\r\n").encode()


def read_command(stream):
    """The words of the next command, or none at the end."""
    head = stream.readline()
    words = []
    for _ in range(int(head[1:])) if head else ():
        length = int(stream.readline()[1:])
        words.append(stream.read(length + 2)[:-2])
    return words


def serve(client):
    stream = client.makefile("rwb")
    while words := read_command(stream):
        if words[0].upper() == b"INFO":
            stream.write(b"$%d\r\n%s\r\n" % (len(INFO), INFO))
        else:
            stream.write(b"*0\r\n")
        stream.flush()


listener.run(LISTEN, serve)
