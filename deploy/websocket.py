"""As much of a WebSocket client (RFC 6455) as a rehearsal needs: text frames, whole, on a plain connection."""

import base64
import json
import os
import socket
import struct


class WebSocket:
    """A connection that is open."""

    def __init__(self, host, port, path, token):
        self.socket = socket.create_connection((host, port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nhost: {host}:{port}\r\nupgrade: websocket\r\n"
                             f"connection: upgrade\r\nsec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n"
                             f"authorization: Bearer {token}\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline()
        while self.stream.readline().strip():
            pass
        if b" 101 " not in status:
            raise OSError(f"no WebSocket: {status!r}")

    def say(self, value):
        """Sends a text frame, masked as a client's must be."""
        payload, mask = json.dumps(value).encode(), os.urandom(4)
        masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
        self.socket.sendall(struct.pack("!BBH", 0x81, 0x80 | 126, len(payload)) + mask + masked)

    def frame(self):
        """The next text frame."""
        while True:
            first, length = self.stream.read(2)
            if length == 126:
                length = struct.unpack("!H", self.stream.read(2))[0]
            elif length == 127:
                length = struct.unpack("!Q", self.stream.read(8))[0]
            payload = self.stream.read(length)
            if first & 0x0F == 1:
                return json.loads(payload)
            if first & 0x0F == 8:
                raise OSError(f"closed: {payload!r}")
