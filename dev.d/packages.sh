# Installs the Debian packages a verb needs; sourced by the verbs. Lists: packaging/debian-packages.PURPOSE.
# Touches nothing, and asks no network, when all of them are there. Starts no service.
# shellcheck shell=bash

listed_packages() {  # PURPOSE...
    local purpose
    for purpose in "$@"; do
        sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$STINT_TOP/packaging/debian-packages.$purpose"
    done | sort -u
}

missing_packages() {  # PURPOSE...
    local package
    while read -r package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
    done < <(listed_packages "$@")
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        echo "./dev: packages are missing, and neither root nor sudo is at hand to install them" >&2
        return 1
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

apt_install() {  # PACKAGE...
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" >"$apt_log" 2>&1
}

apt_update() {
    local attempt
    for attempt in 1 2 3 4 5; do  # another run may hold the lists' lock
        as_root apt-get update -qq >"$apt_log" 2>&1 && return 0
        [ "$attempt" = 5 ] || sleep "$attempt"
    done
    return 1
}

need_packages() {  # PURPOSE...
    if ! command -v dpkg-query >/dev/null; then
        echo "./dev: this is not Debian; the packages needed are in packaging/debian-packages.*, go on without" >&2
        return 0
    fi
    local -a missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
    local apt_log
    apt_log=$(mktemp)
    if [[ " ${missing[*]} " == *" slapd "* ]]; then
        # Without a configuration slapd's service has nothing to start; the tests bring folders of their own.
        echo 'slapd slapd/no_configuration boolean true' | as_root debconf-set-selections
    fi
    if [[ " ${missing[*]} " == *" samba "* ]]; then
        # The tests run the programs in folders of their own; its services are wanted neither now nor at the next boot.
        local unit
        as_root mkdir -p /etc/systemd/system
        for unit in smbd nmbd samba-ad-dc; do
            [ -e "/etc/systemd/system/$unit.service" ] || as_root ln -sf /dev/null "/etc/systemd/system/$unit.service"
        done
    fi
    # The lists at hand first; fetched anew only when they do not lead to the packages.
    if ! apt_install "${missing[@]}" && ! { apt_update && apt_install "${missing[@]}"; }; then
        cat "$apt_log" >&2
        rm -f "$apt_log"
        echo "./dev: the packages could not be installed (see above)" >&2
        return 1
    fi
    rm -f "$apt_log"
}
