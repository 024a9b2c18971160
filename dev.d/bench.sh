# ./dev bench [NAME...]: builds and runs what tests/bench measures. Figures of a busy machine drift by half: compare
# pairs measured one after the other, five at least, and quote ratios.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
. "$STINT_TOP/dev.d/cmake.sh"

[ -e "$STINT_TOP/tests/bench/CMakeLists.txt" ] || { echo './dev bench: not there yet: this version measures nothing' >&2; exit 2; }
need_packages build test
declare -a settings
settings_for ON
build_folder build "${settings[@]}" -- tests/bench/all stintd stint
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for program in "$STINT_TOP"/build/bin/bench_*; do
        [ ! -x "$program" ] || names+=("$(basename "$program")")
    done
fi
[ ${#names[@]} -gt 0 ] || { echo './dev bench: tests/bench built no bench_* program' >&2; exit 1; }
for name in "${names[@]}"; do
    name=bench_${name#bench_}
    [ -x "$STINT_TOP/build/bin/$name" ] || { echo "./dev bench: there is no $name" >&2; exit 2; }
    echo "== $name"
    with_folder build "$STINT_TOP/build/bin/$name"
done
