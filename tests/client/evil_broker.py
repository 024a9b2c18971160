"""A broker gone bad: answers every call of the client in the promised shape, with texts that the real one refuses to store.

Listens on a socket of its own; judges nothing, stores nothing. Use as a context manager.
"""

import json
import re
import socket
import threading

# Each text ends a line, moves the cursor, opens an escape, turns the direction of writing, or cannot be seen.
EVIL = ("E\x1b[2J\x1b]0;t\x07v\ri\nFORGED\tl \x7f\x85\u009b31m \u202e\u2066x\u2069\u061c\u200e\u200f\u2028\u2029"
        "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f\U000e0041 \U000e0101")
PERSON = {"login": EVIL, "name": EVIL}
AT = "2026-11-22T23:42:08Z"
LATER = "2036-11-22T23:42:08Z"


def request(state="ready", number=7, kind="request", **more):
    """A request whose every free text is evil; `state` steers the client and is honest unless it is given."""
    stage = {"stage": 1, "count": 2, "given": 0, "from": [EVIL], "escalated": True}
    approval = {"stage": 1, "approver": PERSON, "approved": state != "denied", "at": AT, "comment": EVIL, "shortened_to": "20m"}
    membership = {"group": EVIL, "server": EVIL, "intended_at": AT, "added_at": AT, "last_error": EVIL, "present": True, "attempts": 2}
    review = {"state": EVIL, "due_at": LATER, "reviewer": PERSON, "comment": EVIL, "incident": EVIL, "reviewers": [EVIL]}
    whole = {"schema_version": 1, "id": number, "kind": kind, "state": state, "scheduled": False, "stuck": True, "overdue": True,
             "entitlement": EVIL, "title": EVIL, "risk": EVIL, "requester": PERSON, "ticket": EVIL, "reason": EVIL, "impact": EVIL, "action": EVIL,
             "affected": EVIL, "verified": [EVIL], "duration": "30m", "created_at": AT, "lapses_at": LATER, "opened_at": AT, "expires_at": LATER,
             "close_reason": EVIL, "refusal": EVIL, "stages": [stage], "approvals": [approval], "memberships": [membership], "review": review,
             "policy_hash": EVIL, "may": [EVIL, "cancel"],
             "preview": {"ends_at": LATER, "ticket": {"sight": EVIL, "state": EVIL, "assignee": EVIL}, "rules": [{"rule": EVIL, "text": EVIL}]}}
    return {**whole, **more}


EVENT = {"schema_version": 1, "seq": 9, "at": AT, "type": EVIL, "request": 7, "actor": PERSON, "entitlement": EVIL, "ticket": EVIL,
         "entry": EVIL, "disclosed": {EVIL: EVIL}}
FINDING = {"schema_version": 1, "id": 3, "kind": EVIL, "seen_at": AT, "request": 7, "group": EVIL, "person": PERSON, "text": EVIL}
ENTITLEMENT = {"schema_version": 1, "name": EVIL, "title": EVIL, "risk": EVIL, "access": EVIL, "groups": [EVIL],
               "duration": {"default": "30m", "max": "2h"}, "ticket_required": True, "verification": [EVIL], "approvals": 1,
               "may_request": True, "may_break_glass": True}
PROBLEM = {"type": EVIL, "title": EVIL, "detail": EVIL, "code": EVIL, "advice": EVIL, "request": 7}
ANSWERS = {
    "/v1/whoami": {"schema_version": 1, "person": PERSON, "id": EVIL, "roles": [EVIL], "groups": [EVIL], "acting": PERSON},
    "/v1/entitlements": {"schema_version": 1, "entitlements": [ENTITLEMENT]},
    "/v1/findings": {"schema_version": 1, "findings": [FINDING]},
    "/v1/audit": {"schema_version": 1, "events": [EVENT], "next": 4},
    "/v1/audit/9": EVENT,
}


class EvilBroker:
    """`story`: what the events tell, each a request, or a callable that returns when the next may follow."""

    def __init__(self, path, story=(), answer=None, must_refuse=False):
        self.path, self.story, self.answer, self.must_refuse = str(path), story, answer, must_refuse
        self.asked = []
        self.is_over = threading.Event()

    def __enter__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while not self.is_over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            got = b""
            while b"\r\n\r\n" not in got:
                piece = connection.recv(65536)
                if not piece:
                    return
                got += piece
            head, _, body = got.partition(b"\r\n\r\n")
            length = int((re.search(rb"Content-Length: (\d+)", head) or [0, b"0"])[1])
            while len(body) < length:
                body += connection.recv(65536)
            method, target = head.decode().split(" ")[:2]
            self.asked.append((method, target))
            try:
                self._reply(connection, method, target.split("?")[0])
            except OSError:
                pass  # the client has gone

    def _reply(self, connection, method, path):
        if self.must_refuse:
            self._send(connection, 409, "application/problem+json", PROBLEM)
        elif path in ("/v1/events",) or path.endswith("/hold"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n")
            if path == "/v1/events":
                for number, one in enumerate(self.story, 1):
                    if callable(one):
                        one()
                    else:
                        connection.sendall(f"id: {number}\nevent: request\ndata: {json.dumps(one)}\n\n".encode())
            connection.recv(1)  # until the client goes
        else:
            self._send(connection, 200, "application/json", self._answer(method, path))

    def _answer(self, method, path):
        if path == "/v1/requests" and method == "GET":
            return {"schema_version": 1, "requests": [request(EVIL), request("ready"), request("pending", kind="break_glass")], "next": 5}
        return ANSWERS.get(path) or self.answer or request()

    @staticmethod
    def _send(connection, status, kind, body):
        text = json.dumps(body).encode()
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind.encode(), len(text)) + text)
