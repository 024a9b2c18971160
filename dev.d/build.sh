# ./dev build [TARGET...]: the programs into build/bin.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
. "$STINT_TOP/dev.d/cmake.sh"

need_packages build
declare -a settings
release_settings
build_folder build "${settings[@]}" -- "$@"
echo "built: $STINT_TOP/build/bin"
