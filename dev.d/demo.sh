# ./dev demo [--once]: builds the broker, the client and the embedded plugins, starts the broker in a temporary folder,
# and plays one full story as the people in it would type it. Every step has an expectation; one that is not met ends
# the demo with the reason and the broker's log. Stays up until Ctrl-C unless --once is given or nobody is looking.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
. "$STINT_TOP/dev.d/cmake.sh"

is_once=no
case ${1:-} in
    --once) is_once=yes ;;
    "") [ -t 1 ] || is_once=yes ;;
    *) echo 'usage: ./dev demo [--once]' >&2; exit 2 ;;
esac

need_packages build
declare -a settings
release_settings
build_folder build "${settings[@]}" -- stintd stint directory-embedded ticket-embedded notify-inbox
bin=$STINT_TOP/build/bin

# ---- the world: one folder, nothing else is touched

folder=$(mktemp -d "${TMPDIR:-/tmp}/stint-demo.XXXXXX")
[ ${#folder} -lt 90 ] || { rmdir "$folder"; folder=$(mktemp -d /tmp/stint-demo.XXXXXX); }  # a socket's path is short
broker=
stop_broker() {
    [ -n "$broker" ] || return 0
    kill -TERM "$broker" 2>/dev/null || true
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        kill -0 "$broker" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$broker" 2>/dev/null || true
    wait "$broker" 2>/dev/null || true
    broker=
}
clean_up() {
    stop_broker
    rm -rf -- "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
    printf '\n./dev demo: FAILED: %s\n' "$1" >&2
    if [ -s "$folder/log" ]; then
        printf 'The end of the broker'\''s log:\n' >&2
        tail -n 40 "$folder/log" >&2
    fi
    exit 1
}

umask 022  # the broker does not trust what a group may write
cp -R "$STINT_TOP/config/demo/directory.toml" "$STINT_TOP/config/demo/tickets.toml" "$STINT_TOP/config/demo/policy.d" "$folder/"
mkdir -p "$folder/inbox"
sed -e "s|@FOLDER@|$folder|g" -e "s|@PLUGINS@|$bin|g" "$STINT_TOP/config/demo/stintd.toml.in" >"$folder/stintd.toml"
# The demo is the same whatever the caller has configured.
for name in "${!STINT_@}"; do [ "$name" = STINT_TOP ] || unset "$name"; done
export STINT_SOCKET=$folder/stint.sock XDG_CONFIG_HOME=$folder/config NO_COLOR=1 PATH=$bin:$PATH
cd "$folder"

# ---- how a step is told

bold='' plain=''
[ ! -t 1 ] || bold=$'\e[1m' plain=$'\e[0m'
say() { printf '\n%s# %s%s\n' "$bold" "$*" "$plain"; }
as_typed() {
    local word line=
    for word in "$@"; do
        # A word of plain characters as it is, any other in single quotes.
        [[ $word =~ ^[A-Za-z0-9_./:=+-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
        line+=" $word"
    done
    printf '%s$%s%s\n' "$bold" "$line" "$plain"
}
# Runs a command as a person would, shows what it prints, and holds its exit status against the one expected.
output=
step() {  # STATUS COMMAND...
    local expected=$1 status=0
    shift
    as_typed "$@"
    output=$("$@" 2>&1 </dev/null) || status=$?
    [ -z "$output" ] || printf '%s\n' "$output"
    [ "$status" = "$expected" ] || fail "\`$*\` ended with status $status instead of $expected"
}
must_say() {  # TEXT
    [[ $output == *"$1"* ]] || fail "the last answer does not say: $1"
}
state_of() {  # ID
    stint --json --as lin show "$1" 2>/dev/null </dev/null | grep -o '"state": *"[a-z_]*"' | head -n 1 | sed 's/.*"\([a-z_]*\)"/\1/'
}
# Looks again until the thing is so, thirty seconds at most.
within_time() {  # WHAT COMMAND...
    local what=$1 limit=$((SECONDS + 30))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$limit" ] || fail "thirty seconds have passed, and still not: $what"
        kill -0 "$broker" 2>/dev/null || fail "the broker has ended by itself"
        sleep 0.05
    done
}
is_in_state() { [ "$(state_of "$1")" = "$2" ]; }
is_answering() { stint --as ada whoami >/dev/null 2>&1 </dev/null; }

# ---- the story

say 'The broker, with the embedded directory, tickets and inbox. One user plays every person: stint --as LOGIN.'
as_typed stintd --config "$folder/stintd.toml"
stintd --config "$folder/stintd.toml" >"$folder/log" 2>&1 </dev/null &
broker=$!
within_time 'the broker answers' is_answering
printf '%s  (pid %s, log in %s)\n' "listening on $STINT_SOCKET" "$broker" "$folder/log"

say 'Ada works at the help desk. What may she ask for?'
step 0 stint --as ada entitlements
must_say ehr-password-reset

say 'A ticket that is closed is no reason to lend anything.'
step 6 stint --as ada request ehr-password-reset -t INC0002 -r 'clinician is locked out' --verified callback -d 6s
must_say ticket_closed

say 'She asks on her open ticket, for six seconds so that we can watch it end. One of the owners has to agree.'
step 8 stint --as ada request ehr-password-reset -t INC0001 -r 'clinician is locked out' --verified callback -d 6s --no-wait
is_in_state 1 pending || fail 'request 1 is not pending'

say 'Nobody agrees to their own request.'
step 6 stint --as ada approve 1
must_say approver_is_requester

say 'Ben owns the EHR. What waits for him, and his answer.'
step 0 stint --as ben list --pending
must_say ehr-password-reset
step 0 stint --as ben approve 1 -r 'verified with the ward'
within_time 'the membership was added and read back' is_in_state 1 ready

say 'Ready: ada was added to the group, and the broker has read that back from the directory.'
step 0 stint --as ada show 1
must_say ready
step 0 grep -A1 'name = "ehr-reset"' directory.toml
must_say '"ada"'

say 'Six seconds later it ends by itself. Closed means: the directory was read, and she is not in the group.'
within_time 'the grant has ended' is_in_state 1 closed
step 0 stint --as ada show 1
must_say expired
step 0 grep -A1 'name = "ehr-reset"' directory.toml
[[ $output != *'"ada"'* ]] || fail 'ada is still a member of ehr-reset'

say 'At night dee is on call, and nobody is there to agree: she breaks the glass. Everybody is told at once.'
step 0 stint --as dee break-glass ehr-password-reset -r 'ward 5 cannot open charts' -d 10m --confirm ehr-password-reset
is_in_state 2 ready || fail 'the break-glass is not ready'
step 0 grep -A1 'name = "ehr-reset"' directory.toml
must_say '"dee"'
step 0 stint --as dee release 2 --resolution 'charts open again'
within_time 'the break-glass has ended' is_in_state 2 closed

say 'Breaking the glass always opens a review, by somebody else: not by dee, but by cho of the privacy office.'
step 6 stint --as dee review 2 --verdict justified -r 'it was me'
must_say reviewer_is_user
step 0 stint --as cho list --due
must_say ehr-password-reset
step 0 stint --as cho review 2 --verdict justified -r 'ward 5 confirms the outage'
step 0 stint --as cho show 2
must_say justified

say 'Lin of compliance reads the log: each change of state is one event in it.'
step 0 stint --as lin audit search
must_say grant.closed

say 'Do the records say what the log says? Rebuilt from the events and compared:'
step 0 stintd check --config "$folder/stintd.toml" --replay
must_say agree

say 'What people were told, one file a message, and what ben was asked:'
step 0 ls inbox
asked=$(printf '%s\n' "$output" | grep approval_wanted | head -n 1) || fail 'no approver was told that an approval is wanted'
step 0 cat "inbox/$asked"
must_say 'ben@example.org'

if [ "$is_once" = yes ]; then
    stop_broker
    say 'The story is told. ./dev demo stays up when you run it in a terminal.'
    exit 0
fi

cat <<END

${bold}The broker stays up until Ctrl-C.${plain}
  socket     $STINT_SOCKET
  directory  $folder/directory.toml   (edit it, or the tickets, and watch)
  tickets    $folder/tickets.toml
  inbox      $folder/inbox
  log        $folder/log
Paste this into another terminal:
  export PATH=$bin:\$PATH STINT_SOCKET=$STINT_SOCKET; stint --as ada request print-queue-restart -t INC0004 -r 'queue is stuck'
People: ada abe (help desk) ben bea (owners) dee dan (on call) cho che (privacy) sam (security) lin (compliance)
END
trap 'exit 0' INT  # Ctrl-C is how this is meant to end
wait "$broker" || fail 'the broker has ended by itself'
