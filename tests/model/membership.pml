/* One membership with two grants, a broker that may be killed between any two of its steps, and a directory that
 * loses answers and applies writes late: the rules of daemon/core/reconciling.cpp, small enough to be walked whole.
 * Run by ./dev model, once as it is (no errors) and once for each rule taken out (-DNO_INTENT, -DNO_COUNT,
 * -DREREAD_BASELINE, -DNO_SETTLE, -DNO_SWEEP: each must be caught). What is bounded: two kills, two unanswered
 * writes, two that never arrive, one that outlives the settle time, one removal by a rival administrator.
 *
 * Assumed of the world: a write whose outcome is unknown either happens within the settle time, or never, or (once)
 * while closed memberships are still swept.
 */

#define IDLE    0       /* grant: not asked for yet */
#define OPEN    1
#define CLOSING 2
#define ENDED   3       /* closed, or refused before it opened */

mtype = { none, add, remove, absent, present, unread };

/* ---- the directory, and writes on their way to it */
bool is_member;                 /* the truth */
bool was_member;                /* a human had put the person there before the broker came */
bool is_ended_outside;          /* a rival administrator took the person out; whatever follows, they stay out */
mtype under_way = none;         /* the one write sent and not applied yet */
mtype overdue_write = none;     /* a write that outlived the settle time */

/* ---- what the broker has committed; survives a kill */
byte grant[2];
bool is_baseline;
mtype intent = none;
mtype known = unread;
bool may_apply_late;
bool is_swept;                  /* within the day after an end */

/* ---- what one life of the broker knows */
bool is_unknown;                /* an outcome is unknown and has not settled */
bool had_unknown;
bool is_finished;

byte kills = 2, silences = 2, losses = 2, latecomers = 1, rivals = 1;

#define is_held         (grant[0] == OPEN || grant[1] == OPEN)
#define is_closing      (grant[0] == CLOSING || grant[1] == CLOSING)
#define all_have_ended  (grant[0] == ENDED && grant[1] == ENDED)

#ifdef NO_COUNT
/* Presence follows the grant that changed last, not the sum of the open ones. */
bool is_last_wanted;
#define is_wanted       (is_baseline || is_last_wanted)
#else
#define is_wanted       (is_baseline || is_held)
#endif

inline apply(write) {
    if
    :: write == add    -> is_member = true
    :: write == remove -> is_member = false
    :: else
    fi
}

/* A kill, possible wherever this stands: what this life knew is gone; every stored intent counts as sent. */
inline may_be_killed() {
    if
    :: kills > 0 -> kills--; is_unknown = (intent != none); had_unknown = is_unknown; goto started
    :: true
    fi
}

/* Sends the write whose intent is committed, and waits for the answer: it comes, or the time runs out. */
inline send(write) {
    assert(under_way == none);                          /* one unresolved operation a membership */
    assert(write != remove || !is_held);                /* never taken away while an open grant holds it */
    assert(write != remove || !was_member || is_ended_outside);     /* a human's member is never removed */
#ifndef NO_INTENT
    assert(intent == write);                            /* no write without its committed intent */
#endif
    under_way = write;
    is_unknown = true;
    may_be_killed();
    if
    :: atomic { under_way == none -> is_unknown = false }    /* applied and answered */
    :: atomic { silences > 0 -> silences--; had_unknown = true }
    fi
}

proctype directory() {
    do
    :: atomic { under_way != none -> apply(under_way); under_way = none }
    :: atomic { under_way != none && had_unknown && losses > 0 -> losses--; under_way = none }       /* never arrives */
    :: atomic { under_way != none && had_unknown && latecomers > 0 && overdue_write == none ->
                latecomers--; overdue_write = under_way; under_way = none }
    :: atomic { overdue_write != none -> apply(overdue_write); overdue_write = none }
    :: atomic { rivals > 0 && is_member && !was_member -> rivals--; is_member = false }
    :: atomic { is_finished -> break }
    od
}

/* Grants are opened through the store, by the broker's own steps; their ends come by themselves. */
proctype time(byte which) {
    if
    :: atomic { grant[which] == OPEN ->
                grant[which] = CLOSING;
#ifdef NO_COUNT
                is_last_wanted = false
#endif
              }
    :: grant[which] == ENDED
    fi
}

proctype broker() {
    bool seen;
    byte which;

started:
    do
    /* ---- a grant opens */
    :: grant[0] == IDLE || grant[1] == IDLE ->
       if
       :: grant[0] == IDLE -> which = 0
       :: grant[1] == IDLE -> which = 1
       fi;
       if
       :: is_held
#ifdef REREAD_BASELINE
          ->
          /* What stands because of our own grant is taken for a human's. */
          is_baseline = is_member;
#endif
          atomic { grant[which] = OPEN;
#ifdef NO_COUNT
                   is_last_wanted = true
#endif
                 }
       :: !is_held && (is_closing || intent != none || is_unknown) -> goto reconciling       /* not quiet: it waits */
       :: !is_held && !is_closing && intent == none && !is_unknown ->
          seen = is_member;
          may_be_killed();
          if
          :: seen && !may_apply_late -> grant[which] = ENDED                  /* already a standing member: refused */
          :: seen && may_apply_late -> goto reconciling                       /* perhaps a late write of ours */
          :: !seen ->
#ifdef NO_INTENT
             /* The add first, the record afterwards. */
             send(add);
             may_be_killed();
#endif
             atomic { grant[which] = OPEN; known = absent; is_swept = false;
#ifndef NO_INTENT
                      intent = add;
#endif
#ifdef NO_COUNT
                      is_last_wanted = true
#endif
                    }
          fi
       fi;
       may_be_killed()

    /* ---- the difference between wanted and there is closed */
    :: intent != none || is_held || is_closing || is_unknown ||
       (is_swept && may_apply_late && is_member) ->
reconciling:
       may_be_killed();
#ifdef NO_SETTLE
       is_unknown = false;
#else
       if
       :: is_unknown -> atomic { under_way == none -> is_unknown = false }
       :: !is_unknown
       fi;
#endif
       seen = is_member;
       may_be_killed();
       /* An end, or a rival, may have come between the reading and this decision: the commit sees the records of
        * now, and the reading of then. */
       if
       :: atomic { seen && is_wanted ->
             may_apply_late = may_apply_late || (intent == add && had_unknown);
             known = present; intent = none; had_unknown = false }
#ifndef NO_COUNT
          if
          :: atomic { is_closing && is_wanted ->
                if :: grant[0] == CLOSING -> grant[0] = ENDED :: else fi;
                if :: grant[1] == CLOSING -> grant[1] = ENDED :: else fi }
          :: !is_closing || !is_wanted
          fi
#endif
       :: atomic { seen && !is_wanted && (is_closing || intent != none || known == present || may_apply_late) ->
             may_apply_late = may_apply_late || (intent == add && had_unknown);
             known = present; intent = remove }
          may_be_killed();
          if
          :: is_wanted            /* given again meanwhile: not sent */
          :: !is_wanted -> send(remove)
          fi
       :: seen && !is_wanted && !(is_closing || intent != none || known == present || may_apply_late)
       :: atomic { !seen && is_wanted && known == present && intent != remove ->         /* drift: never re-added */
             is_ended_outside = true; known = absent; intent = none;
             if :: grant[0] == OPEN -> grant[0] = CLOSING :: else fi;
             if :: grant[1] == OPEN -> grant[1] = CLOSING :: else fi;
#ifdef NO_COUNT
             is_last_wanted = false
#endif
           }
       :: atomic { !seen && is_wanted && !(known == present && intent != remove) -> known = absent; intent = add }
          may_be_killed();
          if
          :: is_wanted -> send(add)
          :: !is_wanted           /* ended meanwhile: not sent */
          fi
       :: atomic { !seen && !is_wanted ->
             may_apply_late = may_apply_late || intent == add;
             known = absent; intent = none; had_unknown = false; is_swept = true;
             if :: grant[0] == CLOSING -> grant[0] = ENDED :: else fi;
             if :: grant[1] == CLOSING -> grant[1] = ENDED :: else fi }
       fi

    /* ---- the day after the last end is over: nothing can come late any more */
    :: atomic { all_have_ended && intent == none && !is_unknown && overdue_write == none && under_way == none &&
#ifndef NO_SWEEP
                !(is_swept && may_apply_late && is_member) &&
#endif
                true -> is_finished = true }
       assert(is_member == was_member);                 /* nothing outlives its time, and nothing of a human's is gone */
       break
    od
}

init {
    atomic {
        if
        :: was_member = false
        :: was_member = true; is_member = true
        fi;
        run directory();
        run time(0);
        run time(1);
        run broker()
    }
}

/* Every run comes to its end, however unkindly it is scheduled. */
ltl ends { <> is_finished }
