"""Hostile HTTP against a running demo: `hostile.py DEMO.json`.

Each case sends the good request that it mirrors first, which must be served and reach the ERP;
then the hostile one, which must be refused clearly while nothing reaches the ERP.
"""

import concurrent.futures
import pathlib
import re
import sys
import time
import json

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))

from cases import every  # noqa: E402
from gate import Demo  # noqa: E402
from good import Good  # noqa: E402
from leaks import SIGNS  # noqa: E402
from wire import Wire, chunked, request  # noqa: E402

# What must stand in no answer: the inside of the gateway.
LEAKS = re.compile(rb"panicked|\.rs:\d|Traceback|/root/|/work/|SELECT |sqlite|" + SIGNS.pattern, re.IGNORECASE)
SLOW_SECONDS = 45


class Suite:
    def __init__(self, demo):
        self.demo = demo
        self.wire = Wire(demo.host, demo.port)
        self.good = Good(demo)
        logged_in = self.wire.send(self.good.login(demo.users["odoo_full"]))
        self.good.uid = json.loads(logged_in.body()).get("result")
        if not isinstance(self.good.uid, int) or isinstance(self.good.uid, bool):
            raise SystemExit(f"no log-in: {logged_in!r}")
        body = self.good.jsonrpc_body()
        self.mirrors = {
            "jsonrpc": self.good.jsonrpc(),
            "json2": self.good.json2(),
            "xmlrpc": self.good.xmlrpc(),
            "call_kw": self.good.call_kw(),
            "frappe": self.good.frappe(),
            "chunked": request("POST", "/jsonrpc", chunked(body), headers=("Transfer-Encoding: chunked",), length=False),
        }

    def serves(self, mirror):
        """Sends a good request; says what is wrong, if anything is."""
        before = len(self.demo.arrivals())
        answer = self.wire.send(self.mirrors[mirror])
        if answer.statuses != [200] or answer.is_rpc_fault():
            return f"the mirrored success was not served: {answer!r}"
        if len(self.demo.arrivals()) == before:
            return "the mirrored success did not reach the ERP"
        return None

    def check(self, case):
        if wrong := self.serves(case.mirror):
            return wrong
        before = len(self.demo.arrivals())
        answer = self.wire.send(case.raw, half_close=case.half_close)
        if LEAKS.search(answer.raw):
            return f"the answer tells of the inside: {answer!r}"
        arrived = self.demo.arrivals()[before:]
        if arrived:
            return f"reached the ERP: {arrived}, answered {answer!r}"
        if not answer.statuses:
            return None if case.shut and answer.closed else f"no clear refusal: {answer!r}"
        if len(answer.statuses) > 1 + case.extra:
            return f"more answers than requests: {answer!r}"
        for status in answer.statuses:
            if status in case.statuses or (status == 200 and case.rpc and answer.is_rpc_fault()):
                continue
            return f"not refused: {answer!r}"
        return None

    def pipelined(self):
        """Two good requests in one piece get two good answers, in order."""
        one = self.good.jsonrpc().replace(b'"id": 1', b'"id": 7')
        two = self.good.jsonrpc().replace(b'"id": 1', b'"id": 8')
        answer = self.wire.send(one + two, expect=2)
        ids = re.findall(rb'"id": ?(\d)', answer.raw)
        return None if answer.statuses == [200, 200] and ids == [b"7", b"8"] else repr(answer)

    def good_then_hostile(self):
        """A hostile request behind a good one in the same piece is refused by itself."""
        before = len(self.demo.arrivals())
        answer = self.wire.send(self.good.jsonrpc() + self.good.jsonrpc(verb="OPTIONS"), expect=2)
        arrived = len(self.demo.arrivals()) - before
        fine = answer.statuses[:1] == [200] and all(s >= 400 for s in answer.statuses[1:]) and arrived == 1
        return None if fine else f"{arrived} arrived: {answer!r}"

    def http_1_0(self):
        """HTTP/1.0 with a Host and a length is read in one way, so it is served."""
        answer = self.wire.send(self.good.jsonrpc(version="HTTP/1.0"))
        return None if answer.statuses == [200] and not answer.is_rpc_fault() else repr(answer)

    def slow_head(self):
        """A head that comes a byte every second is not waited for without end."""
        answer = self.wire.drip(self.good.jsonrpc(), 1.0, SLOW_SECONDS)
        fine = answer.closed and answer.took < SLOW_SECONDS and 200 not in answer.statuses
        return None if fine else repr(answer)

    def slow_body(self):
        """Nor is a body."""
        raw = self.good.jsonrpc()
        at = raw.index(b"\r\n\r\n") + 4
        with self.wire.connect(SLOW_SECONDS) as link:
            link.sendall(raw[:at])
            start = time.monotonic()
            for byte in raw[at:]:
                try:
                    link.sendall(bytes([byte]))
                    link.settimeout(1.0)
                    link.recv(4096)
                    return None
                except TimeoutError:
                    if time.monotonic() - start > SLOW_SECONDS:
                        return f"still open after {SLOW_SECONDS} s"
                except OSError:
                    return None
        return None

    def idle_crowd(self):
        """While 200 connections say nothing, others are served."""
        crowd = [self.wire.connect(5) for _ in range(200)]
        try:
            return self.serves("jsonrpc")
        finally:
            for link in crowd:
                link.close()


def main():
    with open(sys.argv[1], encoding="utf-8") as line:
        suite = Suite(Demo(line.read()))
    failures, count = [], 0

    def note(name, wrong):
        nonlocal count
        count += 1
        if wrong:
            failures.append(name)
            print(f"{name}: {wrong}", flush=True)

    only = sys.argv[2] if len(sys.argv) > 2 else ""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        slow = {} if only else {check.__doc__: pool.submit(check) for check in (suite.slow_head, suite.slow_body)}
        for case in every(suite.good):
            if only in case.name:
                note(case.name, suite.check(case))
        if not only:
            for check in (suite.pipelined, suite.good_then_hostile, suite.http_1_0, suite.idle_crowd):
                note(check.__doc__, check())
        for name, result in slow.items():
            note(name, result.result())
    for mirror in suite.mirrors:
        note(f"{mirror} is served at the end", suite.serves(mirror))
    print(f"{count} cases" + (f", {len(failures)} failed" if failures else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
