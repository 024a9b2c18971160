# ./dev install [--destdir DIR]: builds, and lays everything out under /usr and /etc/stint (below DIR, for a look or a package).
# shellcheck shell=bash
set -euo pipefail
. "$STINT_TOP/dev.d/packages.sh"
. "$STINT_TOP/dev.d/cmake.sh"

destdir=
case ${1:-} in
    "") ;;
    --destdir) destdir=${2:?./dev install: --destdir wants a folder} ;;
    *) echo 'usage: ./dev install [--destdir DIR]' >&2; exit 2 ;;
esac
[ -n "$destdir" ] || [ "$(id -u)" = 0 ] || { echo './dev install: only root can write /usr (sudo ./dev install)' >&2; exit 1; }

need_packages build
declare -a settings
release_settings
build_folder build "${settings[@]}" -- stintd stint directory-ldap directory-embedded ticket-embedded notify-inbox notify-smtp
umask 022
DESTDIR=$destdir with_folder build cmake --install "$STINT_TOP/build" --prefix /usr
