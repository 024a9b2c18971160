# ./dev format [--all]: clang-format over the C++ that differs from the last commit, or over all of it.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
need_packages format
cd "$STINT_TOP"
case ${1:-} in
    --all) list=(git ls-files -co --exclude-standard) ;;
    "") list=(bash -c 'git diff --name-only --diff-filter=d HEAD; git ls-files -o --exclude-standard') ;;
    *) echo 'usage: ./dev format [--all]' >&2; exit 2 ;;
esac
mapfile -t files < <("${list[@]}" | grep -E '\.(cpp|hpp)$' | sort -u)
if [ ${#files[@]} -eq 0 ]; then
    echo "no C++ has changed"
else
    clang-format-14 -i --style=file "${files[@]}"
    printf 'laid out: %s\n' "${files[@]}"
fi
