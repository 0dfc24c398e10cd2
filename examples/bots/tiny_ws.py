"""The least of a WebSocket client (RFC 6455) that echo_ws.py needs, on the standard library alone."""
import base64, os, socket, struct
from urllib.parse import urlsplit


class connect:
    def __init__(self, url):
        at = urlsplit(url)
        self.socket = socket.create_connection((at.hostname, at.port or 80))
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET {at.path}?{at.query} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        if b" 101 " not in self.stream.readline():
            raise ConnectionError("the server does not switch to WebSocket")
        while self.stream.readline().strip():
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _send(self, opcode, data):
        mask, size = os.urandom(4), len(data)
        head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else struct.pack(
            "!BBH", 0x80 | opcode, 0xFE, size) if size < 65536 else struct.pack("!BBQ", 0x80 | opcode, 0xFF, size)
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def send(self, text):
        self._send(1, text.encode())

    def __iter__(self):
        while head := self.stream.read(2):
            opcode, size = head[0] & 15, head[1] & 127
            if size > 125:
                size = int.from_bytes(self.stream.read(2 if size == 126 else 8), "big")
            data = self.stream.read(size)
            if opcode == 1:
                yield data.decode()
            elif opcode == 9:
                self._send(10, data)
            elif opcode == 8:
                return
