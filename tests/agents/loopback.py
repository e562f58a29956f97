#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Brings up loopback in a network that has nothing else, and runs a program there.

loopback.py PROGRAM [ARG...]"""

import fcntl
import os
import socket
import struct
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
