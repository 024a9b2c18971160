"""Stands between the broker and slapd's local socket, where nothing is encrypted: it can tell a modification from the rest, and
keep the next one before the server has seen it. (tcp_proxy.py cannot: there is TLS.)"""

import contextlib
import socket
import threading
import urllib.parse

MODIFY = 0x66


def _has_modify(data):
    """In bytes that begin with a whole message, as clients write them (RFC 4511; BER lengths of up to 127 bytes, or longer)."""
    while len(data) > 6:
        count = data[1] & 0x7F if data[1] & 0x80 else 0
        length = int.from_bytes(data[2:2 + count], "big") if count else data[1]
        body = data[2 + count:2 + count + length]
        if body[2 + body[1]] == MODIFY:
            return True
        data = data[2 + count + length:]
    return False


class LdapiProxy:
    """Use as a context manager."""

    def __init__(self, slapd):
        self._slapd = slapd
        self._state = threading.Condition()
        self._must_keep = False
        self.has_kept = False
        self.path = slapd.folder / "proxy"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.let_go()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.path.unlink()

    @property
    def url(self):
        return "ldapi://" + urllib.parse.quote(str(self.path), safe="")

    def keep_next_modify(self):
        with self._state:
            self._must_keep, self.has_kept = True, False

    def let_go(self):
        """What was kept goes on to the server, whoever still waits for its answer."""
        with self._state:
            self._must_keep = self.has_kept = False
            self._state.notify_all()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(self._slapd.folder / "ldapi"))
            except OSError:
                client.close()
                continue
            for source, sink, is_client in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=(source, sink, is_client), daemon=True).start()

    def _pump(self, source, sink, is_client):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._state:
                    if is_client and self._must_keep and _has_modify(data):
                        self._must_keep, self.has_kept = False, True
                        self._state.wait_for(lambda: not self.has_kept)
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
