"""A relay between clients and gateway that reads every answer for what it must not tell.

No round has to remember it: `run.py` puts one before each gateway, the demo's line names its
port, and whatever a client does goes through it. What the caller itself sent may come back.
"""

import re
import socket
import threading

#: Tracebacks, files, SQL, and versions of servers. `crates/testkit/src/leaks.rs` has the same.
SIGNS = re.compile(
    rb'Traceback|/usr/|/home/|/opt/|/srv/|/var/lib/|site-packages|dist-packages|\.py"|File "|SELECT |INSERT INTO'
    rb'|psycopg|pymysql|MySQLdb|relation "|Werkzeug/|Python/\d|gunicorn|nginx/|\r\n[Ss]erver:|19\.0-20'
)


class Relay:
    def __init__(self, host, port):
        self.place = (host, port)
        self.found = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.join, args=(client,), daemon=True).start()

    def join(self, client):
        try:
            gateway = socket.create_connection(self.place, 10)
        except OSError:
            client.close()
            return
        gateway.settimeout(None)
        for link in (client, gateway):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asked = bytearray()
        threading.Thread(target=self.pump, args=(client, gateway, asked.extend), daemon=True).start()
        answered = bytearray()
        self.pump(gateway, client, answered.extend)
        self.look(bytes(asked), bytes(answered))

    @staticmethod
    def pump(from_, to, keep):
        try:
            while came := from_.recv(1 << 16):
                keep(came)
                to.sendall(came)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            # Whoever went away takes the other side along, as it would without a relay.
            to.close()

    def look(self, asked, answered):
        for sign in SIGNS.finditer(answered):
            if sign[0] not in asked:
                at = sign.start()
                self.found.append(f"{sign[0]!r} in {answered[max(0, at - 80):at + 120]!r}, asked {asked[:120]!r}")

    def stop(self):
        self.listener.close()
