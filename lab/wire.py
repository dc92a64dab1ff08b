"""One end of a cable with a length: packets of a tun device reach the other end's device after a delay.

Kernels without netem (sch_netem) cannot delay packets; the race between a FIN and a request needs the time they are
on the way. Usage, once per network namespace: wire.py DEVICE OWN_SOCKET PEER_SOCKET DELAY_MS
"""
import fcntl
import os
import select
import socket
import struct
import sys
import time
from collections import deque

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

device, own, peer, delay = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]) / 1000
tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
link.bind(own)
link.setblocking(False)
print("ready", flush=True)

waiting = deque()
while True:
    timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
    readable, _, _ = select.select([tun, link], [], [], timeout)
    if tun in readable:
        try:
            for _ in range(64):
                packet = os.read(tun, 65535)
                link.sendto(struct.pack("d", time.monotonic() + delay) + packet, peer)
        except (BlockingIOError, FileNotFoundError, ConnectionRefusedError):
            pass  # nothing more to read, or the other end is not there yet: the packet is lost, as on any cable
    if link in readable:
        try:
            for _ in range(64):
                data = link.recv(65600)
                waiting.append((struct.unpack_from("d", data)[0], data[8:]))
        except BlockingIOError:
            pass
    now = time.monotonic()
    while waiting and waiting[0][0] <= now:
        try:
            os.write(tun, waiting.popleft()[1])
        except OSError:
            pass  # the device is down
