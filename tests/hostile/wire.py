"""Raw requests over a socket of our own, so that nothing is tidied on the way."""

import contextlib
import json
import re
import socket
import time

JSON = "application/json"
XML = "text/xml"


class Answer:
    """What came back on a connection until it was closed or fell silent."""

    def __init__(self, raw, closed, took):
        self.raw, self.closed, self.took = raw, closed, took
        # Interim answers (100) are not answers.
        heads = re.findall(rb"HTTP/1\.[01] (\d{3})", raw)
        self.statuses = [int(status) for status in heads if status[:1] != b"1"]

    def body(self):
        return self.raw.split(b"\r\n\r\n", 1)[-1]

    def is_rpc_fault(self):
        """RPC dialects answer a refusal with 200 and say no in the body."""
        body = self.body()
        if b"<fault>" in body:
            return True
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return isinstance(answer, dict) and "error" in answer

    def __repr__(self):
        return f"{self.statuses} closed={self.closed} after {self.took:.1f} s: {self.raw[:300]!r}"


class Wire:
    def __init__(self, host, port):
        self.place = (host, port)

    def connect(self, seconds):
        link = socket.create_connection(self.place, timeout=seconds)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def send(self, raw, *, half_close=False, expect=1, seconds=8.0):
        """Sends bytes and reads until `expect` answers are there and silence follows, or the
        connection is closed."""
        start = time.monotonic()
        with self.connect(seconds) as link:
            try:
                link.sendall(raw)
            except OSError:
                pass  # refused before all of it was sent
            if not half_close:
                return listen(link, start, expect, seconds)
            # A server may drop what it was told when the other side closes early, and nothing
            # would be shown by that: it gets time to answer first.
            first = listen(link, start, expect, 1.0)
            if first.statuses or first.closed:
                return first
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_WR)
            return listen(link, start, expect, seconds)

    def drip(self, raw, pause, seconds):
        """Sends bytes one at a time, as slowly as `pause` says, until an answer or the end."""
        start = time.monotonic()
        with self.connect(seconds) as link:
            for byte in raw:
                if time.monotonic() - start > seconds:
                    return Answer(b"", False, seconds)
                try:
                    link.sendall(bytes([byte]))
                    link.settimeout(pause)
                    if (came := link.recv(65536)) or came == b"":
                        return Answer(came, True, time.monotonic() - start)
                except TimeoutError:
                    continue
                except OSError:
                    return Answer(b"", True, time.monotonic() - start)
            return listen(link, start, 1, seconds)


def listen(link, start, expect, seconds):
    raw, closed = b"", False
    until = start + seconds
    while (left := until - time.monotonic()) > 0:
        # Once the answers are whole, a short silence is the end.
        whole = len(Answer(raw, False, 0).statuses) >= expect and complete(raw)
        link.settimeout(min(left, 0.15) if whole else left)
        try:
            came = link.recv(1 << 16)
        except TimeoutError:
            if whole:
                break
            continue
        except OSError:
            closed = True
            break
        if not came:
            closed = True
            break
        raw += came
    return Answer(raw, closed, time.monotonic() - start)


def complete(raw):
    """Whether the last answer of a stream has its whole body, by its Content-Length."""
    at = raw.rfind(b"HTTP/1.")
    head, gap, body = raw[at:].partition(b"\r\n\r\n")
    if not gap:
        return False
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    if length:
        return len(body) >= int(length.group(1))
    return body.endswith(b"0\r\n\r\n") or b" 204 " in head or b" 304 " in head


def request(verb, target, body=b"", content_type=JSON, headers=(), version="HTTP/1.1", host="gateway", length=True):
    """A request as bytes; each part may be wrong on purpose."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"{verb} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    if length and (body or verb not in ("GET", "HEAD", "DELETE")):
        lines.append(f"Content-Length: {len(body)}")
    lines.extend(headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(body, size=64):
    if isinstance(body, str):
        body = body.encode()
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
