# ./dev fuzz [--seconds N] [TARGET...]: each fuzzer of tests/fuzz for so long (60 s), starting from its corpus, under
# AddressSanitizer and UBSan. What it learns stays in build-fuzz/; what breaks it is kept and told how to replay.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
. "$STINT_TOP/dev.d/cmake.sh"

seconds=60
targets=()
while [ $# -gt 0 ]; do
    case $1 in
        --seconds)
            seconds=${2:-}
            [[ $seconds =~ ^[1-9][0-9]{0,6}$ ]] || { echo './dev fuzz: --seconds takes a whole number' >&2; exit 2; }
            shift 2
            ;;
        -*) echo 'usage: ./dev fuzz [--seconds N] [TARGET...]' >&2; exit 2 ;;
        *) targets+=("${1%_fuzz}_fuzz"); shift ;;
    esac
done
known=()
for source in "$STINT_TOP"/tests/fuzz/*_fuzz.cpp; do
    [ ! -e "$source" ] || known+=("$(basename "$source" .cpp)")
done
[ ${#known[@]} -gt 0 ] || { echo './dev fuzz: tests/fuzz holds no fuzzer' >&2; exit 1; }
[ ${#targets[@]} -gt 0 ] || targets=("${known[@]}")
for target in "${targets[@]}"; do
    [[ " ${known[*]} " == *" $target "* ]] || {
        printf './dev fuzz: there is no fuzzer of this name; there are: %s\n' "${known[*]%_fuzz}" >&2
        exit 2
    }
done

need_packages build test fuzz
# Without -fno-sanitize=function clang 14 cannot compile a coroutine ("Cannot represent a difference across sections").
flags="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function -fno-sanitize-recover=all -fno-omit-frame-pointer"
build_folder build-fuzz -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSTINT_TESTS=ON -DSTINT_FUZZ=ON \
    "-DCMAKE_CXX_FLAGS=$flags" -- "${targets[@]}"

failed=0
for target in "${targets[@]}"; do
    learned=$STINT_TOP/build-fuzz/corpus/$target
    broken=$STINT_TOP/build-fuzz/broken/$target
    corpus=$STINT_TOP/tests/fuzz/corpus/$target
    mkdir -p "$learned" "$broken" "$corpus"
    echo "== $target for $seconds s"
    if "$STINT_TOP/build-fuzz/bin/$target" "$learned" "$corpus" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$broken/" >"$broken/log" 2>&1 </dev/null; then
        grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)' "$broken/log" | tr '\n' ' '
        echo
    else
        failed=$((failed + 1))
        tail -n 60 "$broken/log"
        input=$(sed -n 's/.*Test unit written to //p' "$broken/log" | tail -n 1)
        echo "FAILED: $target. Replay it with:"
        echo "  $STINT_TOP/build-fuzz/bin/$target ${input:-$broken/…}"
        echo "Once mended, keep the input: cp ${input:-FILE} $corpus/"
    fi
done
echo "$((${#targets[@]} - failed)) passed, $failed failed"
[ "$failed" = 0 ]
