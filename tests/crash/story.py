"""One story that comes past every commit and every directory write: asked, approved, opened, extended, released,
revoked, expired, broken glass, reviewed. It keeps what was answered, and holds a restarted broker to it.
"""
import contextlib
import shutil
import sqlite3
import time

from crash_world import SETTLE_S, NoAnswer, wait_for

RANK = {"pending": 0, "approved": 1, "opening": 2, "active": 3, "ready": 4, "closing": 5, "closed": 6}
ENDED = {"applied", "closed", "denied", "cancelled", "lapsed", "refused", "failed"}
FORBIDDEN = (403, 404, 409, 422)
# A stranger's view of the store: what of (group, person) the committed records account for.
ACCOUNTED = """SELECT count(*) FROM memberships m WHERE m.group_name = ? AND m.person_login = ? AND (m.intent IS NOT NULL
    OR EXISTS (SELECT 1 FROM holdings h JOIN grants g ON g.id = h.grant_id WHERE h.membership_id = m.id AND g.state <> 'closed'))"""


class Story:
    """`is_patient`: the broker lives, its directory comes and goes: ask again, and take it that a grant has ended."""

    def __init__(self, world, is_patient=False):
        self.world = world
        self.is_patient = is_patient
        self.filed = {}     # key: (login, path, body, the id that was answered or None)
        self.ranks = {}     # id: the rank of the state that was last answered
        self.done = []      # (id, verb, who)
        self.sent = []      # what was asked last, for the message of a failure

    # --- telling it -------------------------------------------------------------------------------------------

    def _call(self, login, path, body, key):
        """(status, object); a patient story asks again while the directory is away."""
        def answer():
            status, view = self.world.call(login, "POST", path, body, key)
            return None if self.is_patient and status == 503 else (status, view)

        return wait_for(lambda: f"{login} {path}\n{self.world.log()}", answer)

    def _post(self, login, path, body=None, key=None):
        """None in place of the object where a rule forbids it by now, which only a patient story takes."""
        self.sent.append(f"{login} {path}")
        status, view = self._call(login, path, body, key)
        if self.is_patient and status in FORBIDDEN:
            return None
        assert status in (200, 201), (login, path, status, view, self.world.log())
        return view

    def _answered(self, view):
        self.ranks[view["id"]] = max(self.ranks.get(view["id"], 0), RANK.get(view["state"], 0))

    def file(self, login, path, body, key):
        self.filed[key] = (login, path, body, None)
        view = self._post(login, path, body, key)
        if view is None:
            return 0
        self.filed[key] = (login, path, body, view["id"])
        self._answered(view)
        return view["id"]

    def decide(self, login, number, verb, body=None):
        view = self._post(login, f"/v1/requests/{number}/{verb}", body)
        if view is None:
            return
        self._answered(view)
        self.done.append((number, verb, login))

    def wait_state(self, number, *states):
        def has_come():
            view = self.world.show(number)
            self._answered(view)
            return view["state"] in states or (self.is_patient and view["state"] in ENDED)
        wait_for(lambda: f"request {number} to be {states}\n{self.world.log()}", has_come)

    def tell(self):
        """Raises NoAnswer where the broker dies."""
        ada = self.file("ada", "/v1/requests", {"entitlement": "reset", "reason": "forgot it"}, "key-ada")
        self.decide("cleo", ada, "approve")
        ivy = self.file("ivy", "/v1/requests", {"entitlement": "lab", "reason": "an order is stuck"}, "key-ivy")
        jon = self.file("jon", "/v1/break-glass", {"entitlement": "reset", "confirm": "reset", "reason": "a patient waits"}, "key-jon")
        self.wait_state(ada, "ready")
        more = self.file("ada", f"/v1/requests/{ada}/extend", {"duration": "2s", "reason": "not done"}, "key-more")
        self.decide("dan", more, "approve")
        self.wait_state(jon, "ready")
        self.decide("ada", ada, "release")
        self.decide("gus", jon, "revoke", {"reason": "enough"})
        self.wait_state(jon, "closed")
        self._post("eve", f"/v1/reviews/{jon}", {"verdict": "justified", "comment": "it was right"})
        self.done.append((jon, "review", "eve"))
        self.wait_state(ada, "closed")
        self.wait_state(ivy, "closed")

    # --- holding the broker to it -----------------------------------------------------------------------------

    def check_dead(self):
        """The moment after the death, before anything is started: no membership without a committed intent or grant."""
        members = self.world.members()
        if not members:
            return
        copy = self.world.folder / "dead"  # looked at in a copy: reading would mend what the broker has to mend itself
        copy.mkdir(exist_ok=True)
        for name in ("stint.db", "stint.db-wal"):
            shutil.copyfile(self.world.folder / "state" / name, copy / name)
        with contextlib.closing(sqlite3.connect(copy / "stint.db")) as records:
            for group, login in members:
                dn = self.world.slapd.group_dn(group)
                counted = records.execute(ACCOUNTED, (dn, login)).fetchone()[0]
                assert counted == 1, f"orphan: {login} is in {group}, and no committed record accounts for it; after {self.sent[-3:]}"

    def check_alive(self):
        """After the restart, at once: what was answered is there, in that state or a later one."""
        for number, rank in self.ranks.items():
            view = self.world.show(number)
            now = view["state"]
            assert now in ENDED or RANK[now] >= rank, f"lost: {number} was answered at rank {rank} and is {now}\n{view}"
        for number, what, who in self.done:
            view = self.world.show(number)
            if what == "approve":
                assert any(a["approver"]["login"] == who and a["approved"] for a in view["approvals"]), f"lost: {who}'s approval\n{view}"
            elif what == "review":
                assert view["review"]["state"] == "justified", f"lost: the review\n{view}"
            else:
                reasons = {"release": "released", "revoke": "revoked"}
                assert view["close_reason"] == reasons[what], f"lost: {what} by {who}\n{view}"

    def check_retries(self):
        """The same Idempotency-Key gets the same request, whether the first was answered or not."""
        for key, (login, path, body, number) in self.filed.items():
            answers = [self._call(login, path, body, key) for _ in range(2)]
            for status, view in answers:
                if number is None and status in FORBIDDEN:
                    continue  # never answered, and by now a rule forbids it (its grant has ended)
                assert status in (200, 201), f"{key}: {status} {view}\n{self.world.log()}"
                number = number or view["id"]
                assert view["id"] == number, f"{key} was {number} and is now {view['id']}"

    def check_end(self):
        """Everything ends by itself: nobody is left in, and the books balance."""
        orphans_since = {}

        def is_over():
            members = self.world.members()
            listed = self.world.read("/v1/requests?filter=all&limit=100")["requests"]
            # Read before the list: a member whose grant is listed as closed is an orphan, unless a late write is swept.
            open_for = {view["requester"]["login"] for view in listed
                        if view["kind"] != "extension" and view["state"] in ("approved", "opening", "active", "ready", "closing")}
            now = time.monotonic()
            for one in members:
                if one[1] in open_for:
                    orphans_since.pop(one, None)
                    continue
                since = orphans_since.setdefault(one, now)
                assert now - since < SETTLE_S + 60, f"orphan: {one} is a member, with no open grant\n{self.world.log()}"
            for one in set(orphans_since) - members:
                del orphans_since[one]
            return not members and not any(view["state"] in ("opening", "active", "ready", "closing") for view in listed)

        wait_for(lambda: f"every grant to end: {self.world.members()}\n{self.world.log()}", is_over)

        def do_books_balance():  # the figures are a second old at most
            names = ("stint_grants_total", "stint_removals_proven_total", "stint_grants_open")
            opened, closed, is_open = (self.world.figure(name) for name in names)
            return is_open == opened - closed == 0

        wait_for("issued = open + closed", do_books_balance)

    def check_all(self):
        self.check_alive()
        self.check_retries()
        self.check_end()
        self.check_alive()
        self.world.check_replay()


def tell_until_death(story):
    """True when the story came to its end."""
    try:
        story.tell()
    except NoAnswer:
        return False
    return True
