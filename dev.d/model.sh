# ./dev model: walks every state of tests/model/membership.pml with spin. As it is: no error, and every run ends.
# With each of its rules taken out: caught, or the model proves nothing. Last line: N passed, N failed.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
need_packages model

folder=$(mktemp -d "${TMPDIR:-/tmp}/stint-model.XXXXXX")
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
cp "$STINT_TOP/tests/model/membership.pml" .
passed=0 failed=0

# The verifier's report; its exit status says nothing.
walk() {  # NAME COMPILER-ARGUMENTS VERIFIER-ARGUMENTS [SPIN-ARGUMENT...]
    local name=$1 compile=$2 verify=$3
    shift 3
    spin -a "$@" membership.pml >"$name.spin" 2>&1 || { cat "$name.spin" >&2; return 1; }
    # shellcheck disable=SC2086  # two lists of words
    gcc -O2 $compile -o pan pan.c 2>"$name.gcc" || { cat "$name.gcc" >&2; return 1; }
    # shellcheck disable=SC2086
    ./pan $verify -m500000 >"$name.report" 2>&1 </dev/null || true
    grep -q 'errors: ' "$name.report" || { cat "$name.report" >&2; return 1; }
}
judge() {  # NAME WANTED WHAT
    local name=$1 wanted=$2 what=$3 found
    found=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$name.report")
    local states
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$name.report")
    local why
    why=$(sed -n 's/^pan:[0-9]*: \(.*\) (at depth.*/\1/p' "$name.report" | head -n 1)
    if { [ "$wanted" = none ] && [ "$found" = 0 ] && ! grep -q 'max search depth too small' "$name.report"; } ||
       { [ "$wanted" = some ] && [ "$found" != 0 ]; }; then
        passed=$((passed + 1))
        echo "$what: ${why:-no error} ($states states)"
    else
        failed=$((failed + 1))
        echo "FAILED: $what: found ${why:-no error}, wanted ${wanted/some/an error} ($states states)"
        cat "$name.report"
    fi
}

walk safety '-DSAFETY -DNOCLAIM' '' && judge safety none 'the rules as they are: every state'
walk ends '' '-a -f' && judge ends none 'the rules as they are: every run ends'
for rule in NO_INTENT NO_COUNT REREAD_BASELINE NO_SETTLE NO_SWEEP; do
    walk "$rule" '-DSAFETY -DNOCLAIM' '' "-D$rule" && judge "$rule" some "$rule is caught"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" = 7 ]
