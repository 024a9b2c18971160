# ./dev simulate --seeds N [--first SEED] [--first-only] [--log]: the whole broker on a real database against a made-up directory, made-up
# people and made-up time, one seed a run. A seed that breaks an invariant is printed with the command that replays it.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
. "$STINT_TOP/dev.d/cmake.sh"

[ -e "$STINT_TOP/tests/simulation/CMakeLists.txt" ] || { echo './dev simulate: not there yet' >&2; exit 2; }
need_packages build test
declare -a settings
settings_for ON
build_folder build "${settings[@]}" -- simulate
with_folder build "$STINT_TOP/build/bin/simulate" "$@"
