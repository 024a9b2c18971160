# ./dev lint: every check of tests/lint over the files git knows or would take, after the checks' own tests.
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
need_packages lint
exec /usr/bin/python3 -B "$STINT_TOP/tests/lint/run.py" "$STINT_TOP"
