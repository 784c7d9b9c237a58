"""A relay before an ERP that keeps every request as the bytes that came, and hands them on.

It reads no more of a request than where it ends, and refuses what says that in two ways.
"""

import http.client
import socket
import socketserver
import threading
import urllib.parse


class Odd(Exception):
    """What no request of the gateway may look like."""


class Relay:
    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.erp = (place.hostname, place.port)
        #: (the request's head and body as they came, the answer's status and body).
        self.seen, self.odd = [], []
        relay = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                relay.serve(self.rfile, self.wfile)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.authority = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def serve(self, reader, writer):
        """Requests of one connection, one after the other."""
        try:
            while (head := read_head(reader)) is not None:
                body = reader.read(length_of(head))
                at = len(self.seen)
                self.seen.append((head, body, None))
                status, kind, answer = self.ask(head, body)
                self.seen[at] = (head, body, (status, answer))
                writer.write(b"HTTP/1.1 %d x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(answer)) + answer)
                writer.flush()
        except Odd as why:
            self.odd.append(str(why))
        except OSError:
            pass  # the gateway went away

    def ask(self, head, body):
        with socket.create_connection(self.erp, timeout=30) as erp:
            erp.sendall(head + body)
            answer = http.client.HTTPResponse(erp, method=head.split(b" ", 1)[0].decode())
            answer.begin()
            return answer.status, answer.getheader("Content-Type", "").encode(), answer.read()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def read_head(reader):
    """The bytes up to the empty line; none at the end of the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline(65_536)
        if not line:
            if head:
                raise Odd(f"a head that ends early: {head!r}")
            return None
        if not line.endswith(b"\r\n"):
            raise Odd(f"a line that does not end as lines do: {line!r}")
        head += line
    return head


def length_of(head):
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    if any(name.strip() == b"transfer-encoding" for name, _, _ in lines):
        raise Odd("a body in pieces")
    lengths = [value.strip() for name, _, value in lines if name == b"content-length"]
    if len(lengths) > 1 or not all(length.isdigit() for length in lengths):
        raise Odd(f"lengths {lengths}")
    return int(lengths[0]) if lengths else 0
