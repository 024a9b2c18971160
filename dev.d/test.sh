# ./dev test [SUITE...]: builds and runs the suites, cheap ones first. A suite is a folder of tests/, or one of
# lint, model, tsan, asan (units and fuzzers' corpora), asan_servers (programs against real servers). Prints what failed with its output; the last line is the sum of all suites.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
. "$STINT_TOP/dev.d/cmake.sh"

in_order=(lint model unit fuzz contract plugins plugin_host client integration crash simulation tsan asan asan_servers)

known_suites() {
    local suite
    for suite in "${in_order[@]}"; do
        case $suite in
            lint | model | asan | asan_servers) echo "$suite" ;;
            tsan) ! grep -rqs 'stint_threads' "$STINT_TOP"/tests --include=CMakeLists.txt || echo tsan ;;
            *) [ ! -e "$STINT_TOP/tests/$suite/CMakeLists.txt" ] || echo "$suite" ;;
        esac
    done
}

report=$(mktemp -d "${TMPDIR:-/tmp}/stint-test.XXXXXX")
trap 'rm -rf "$report"' EXIT
count() { /usr/bin/python3 "$STINT_TOP/dev.d/test_report.py" "$@"; }

# A folder of our own that includes the suite's, so that two runs of ctest share no log.
ctest_folders() {  # SUITE FOLDER [CTEST-ARGUMENT...] -- TEST-FOLDER...
    local suite=$1 folder=$2 own=$report/$1
    shift 2
    local -a arguments=()
    while [ "$1" != -- ]; do arguments+=("$1") && shift; done
    shift
    mkdir -p "$own"
    local kind
    for kind in "$@"; do printf 'subdirs("%s/%s/tests/%s")\n' "$STINT_TOP" "$folder" "$kind"; done >"$own/CTestTestfile.cmake"
    with_folder "$folder" ctest --test-dir "$own" --output-junit "$own/junit.xml" --timeout 600 -j "$(jobs_at_once)" \
        --test-output-size-passed 100000 --test-output-size-failed 400000 "${arguments[@]}" >"$own/log" 2>&1 </dev/null ||
        true  # what failed stands in junit.xml; its absence is a failure too
    count ctest "$suite" "$own/junit.xml" "$own/log"
}

# A verb of its own that ends with the line of sums.
run_verb() {  # lint or model
    need_packages "$1"
    local status=0
    bash "$STINT_TOP/dev.d/$1.sh" >"$report/$1.log" 2>&1 </dev/null || status=$?
    count verb "$1" "$report/$1.log" "$status"
}

run_folder() {  # SUITE
    local -a settings targets=()
    settings_for ON
    case $1 in
        unit | fuzz | integration | simulation) targets=("tests/$1/all") ;;
    esac
    build_or_count "$1" build "${settings[@]}" -- "${targets[@]}" || return 0
    ctest_folders "$1" build -- "$1"
}

run_asan() {
    local -a settings
    settings_for ON
    build_or_count asan build-asan "${settings[@]}" -DSTINT_SANITIZE=address -- tests/unit/all tests/fuzz/all || return 0
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        ctest_folders asan build-asan -- unit fuzz
}

run_asan_servers() {
    local -a settings
    settings_for ON
    build_or_count asan_servers build-asan "${settings[@]}" -DSTINT_SANITIZE=address -- || return 0
    # What 389 DS and Samba are asked beyond their own ways is the same code again, and takes minutes of theirs.
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        ctest_folders asan_servers build-asan -E '^contract_(389ds_names|389ds_unique_names|samba_ldaps|samba_gssapi)$' -- contract plugin_host client
}

# Under ThreadSanitizer: only what crosses threads, the tests labelled `threads`, built by the target stint_threads.
run_tsan() {
    local -a settings
    settings_for ON
    build_or_count tsan build-tsan "${settings[@]}" -DSTINT_SANITIZE=thread -- stint_threads || return 0
    TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 ctest_folders tsan build-tsan -L '^threads$' -- unit
}

build_or_count() {  # SUITE FOLDER...
    local suite=$1
    shift
    # Not `build_folder … || …`: that would switch `set -e` off inside.
    local status=0
    (set -e; build_folder "$@") || status=$?
    [ "$status" = 0 ] || { count broken "$suite" "it does not build (see above)"; return 1; }
}

suites=("$@")
mapfile -t known < <(known_suites)
[ ${#suites[@]} -gt 0 ] || suites=("${known[@]}")
for suite in "${suites[@]}"; do
    [[ " ${known[*]} " == *" $suite "* ]] || {
        printf './dev test: there is no suite of this name; there are: %s\n' "${known[*]}" >&2
        exit 2
    }
done

need_packages build test
export COUNTS=$report/counts
: >"$COUNTS"
for suite in "${suites[@]}"; do
    started=$SECONDS
    case $suite in
        lint | model) run_verb "$suite" ;;
        asan | asan_servers | tsan) "run_$suite" ;;
        *) run_folder "$suite" ;;
    esac
    echo "$suite took $((SECONDS - started)) s"
done
count sum
