"""A real SMTP server (aiosmtpd) with AUTH, under the tests' own authority: STARTTLS required, or TLS from the first byte.

Keeps what it accepted, parsed and byte for byte; may be stopped, started again on its port, and told to refuse the next mails.
"""

import asyncio
import email
import email.policy
import socket
import ssl
import threading

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "stint", "mail-password"


class MailServer:
    """Use as a context manager. `certificate`: a name in `pki` (server, elsewhere, stranger)."""

    def __init__(self, pki, is_implicit=False, certificate="server"):
        self.pki, self.is_implicit, self.certificate = pki, is_implicit, certificate
        self.port = 0
        self.mails, self.originals, self.refusals = [], [], []
        self.is_slow = False  # a mail is kept, and not answered for
        self._thread = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"{'smtps' if self.is_implicit else 'smtp'}://127.0.0.1:{self.port}"

    def start(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(f"{self.pki}/{self.certificate}.pem", f"{self.pki}/{self.certificate}.key")
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()

        def session():
            return SMTP(self, hostname="localhost", authenticator=self._judge, auth_required=True, auth_require_tls=not self.is_implicit,
                        tls_context=None if self.is_implicit else context, require_starttls=not self.is_implicit, loop=self._loop)

        self._server = self._loop.run_until_complete(
            self._loop.create_server(session, sock=listener, ssl=context if self.is_implicit else None))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self):
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = None

    @staticmethod
    def _judge(_server, _session, _envelope, _mechanism, auth):
        return AuthResult(success=(auth.login, auth.password) == (USER.encode(), PASSWORD.encode()))

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802, aiosmtpd's name
        if self.refusals:
            return self.refusals.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.originals.append(envelope.content)
        self.mails.append((envelope.rcpt_tos, message))
        while self.is_slow:
            await asyncio.sleep(0.01)
        return "250 OK"

    def subjects(self, to):
        return [str(mail["Subject"]) for people, mail in list(self.mails) if people == [f"{to}@example.test"]]
