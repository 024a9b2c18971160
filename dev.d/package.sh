# ./dev package: the Debian package.
# shellcheck shell=bash
cat >&2 <<'END'
./dev package: not there yet: this version makes no Debian package.
What one will hold is in systemd/, config/ and docs/man/; until then ./dev build leaves the programs in build/bin.
END
exit 2
