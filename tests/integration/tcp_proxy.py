"""Stands between the broker and a TCP server and passes bytes on, unless it is told to keep them. It sees whatever is sent in the
clear, and can read nothing of what is not."""

import contextlib
import socket
import threading


class TcpProxy:
    """Use as a context manager. What is kept in one direction goes on when it is let go, in order, or is lost with cut()."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.from_clients = b""  # everything that clients have sent
        self._is_open = threading.Condition()
        self._keeps = {"requests": False, "answers": False}
        self.kept = {"requests": 0, "answers": 0}  # bytes kept since the last keep()
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

    def keep(self, which):
        """From now on no byte of `which` (requests or answers) goes through."""
        with self._is_open:
            self._keeps[which], self.kept[which] = True, 0

    def let_go(self):
        with self._is_open:
            self._keeps = {"requests": False, "answers": False}
            self._is_open.notify_all()

    def cut(self):
        """Ends every connection, and loses what is kept; the next ones go through."""
        with self._is_open:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self.let_go()

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
            with self._is_open:
                self._pairs.append((client, server))
            for which, source, sink in (("requests", client, server), ("answers", server, client)):
                threading.Thread(target=self._pump, args=(which, source, sink), daemon=True).start()

    def _pump(self, which, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._is_open:
                    if which == "requests":
                        self.from_clients += data
                    if self._keeps[which]:
                        self.kept[which] += len(data)
                    self._is_open.wait_for(lambda: not self._keeps[which])
                sink.sendall(data)
        # The end of a connection is told at once, kept bytes or not.
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
