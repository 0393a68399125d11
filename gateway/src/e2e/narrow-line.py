"""A relay on loopback whose line to the server is narrow: the kernel holds some kilobytes of it, not megabytes.

usage: narrow-line.py PORT    prints its own port; reads "pause" and "resume" from standard input
While it is paused nothing is read from the server. Node.js cannot size the buffers of a socket.
"""

import socket
import sys
import threading

flowing = threading.Event()
flowing.set()


def carry(source, sink, waits):
    try:
        while True:
            if waits:
                flowing.wait()
            data = source.recv(4096)
            if not data:
                break
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def relay(client, port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    # The sender's buffer grows with the size of segments.
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    server.connect(("127.0.0.1", port))
    threading.Thread(target=carry, args=(client, server, False), daemon=True).start()
    threading.Thread(target=carry, args=(server, client, True), daemon=True).start()


def accept(listener, port):
    while True:
        relay(listener.accept()[0], port)


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listener, int(sys.argv[1])), daemon=True).start()
    for line in sys.stdin:
        if line.strip() == "pause":
            flowing.clear()
        else:
            flowing.set()


main()
