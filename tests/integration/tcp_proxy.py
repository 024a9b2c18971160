"""Stands between the broker and a TCP server and passes bytes on, unless it is told to keep the answers. It sees whatever is
sent in the clear, and can read nothing of what is not."""

import contextlib
import socket
import threading


class TcpProxy:
    """Use as a context manager."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.from_clients = b""  # everything that clients have sent
        self.is_keeping = False
        self._look = None
        self._state = threading.Condition()
        self._pairs = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def keep_once(self, look):
        """From the moment at which `look` gives something true, no answer goes through: not the one either that tells of it."""
        with self._state:
            self._look = look

    def cut(self):
        """Ends every connection, and loses what is kept; the next ones go through."""
        with self._state:
            pairs, self._pairs = self._pairs, []
            for end in (end for pair in pairs for end in pair):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._look, self.is_keeping = None, False
            self._state.notify_all()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                client.close()
                continue
            with self._state:
                self._pairs.append((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink, sink is server), daemon=True).start()

    def _pump(self, source, sink, is_request):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._state:
                    if is_request:
                        self.from_clients += data
                    elif not self.is_keeping and self._look is not None and self._look():
                        self.is_keeping = True
                    self._state.wait_for(lambda: is_request or not self.is_keeping)
                sink.sendall(data)
        for end in (source, sink):  # the end of a connection is told at once
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
