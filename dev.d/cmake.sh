# Configures and builds a folder; sourced by the verbs. Owns the locks that keep two runs apart: a build holds
# its folder alone, tests hold it together, so that no program is replaced under a test that is running it.
# shellcheck shell=bash

jobs_at_once() { echo "${STINT_JOBS:-$(nproc)}"; }

build_folder() {  # FOLDER [CMAKE-ARGUMENT...] -- [TARGET...]
    local folder=$STINT_TOP/$1
    shift
    local -a settings=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do settings+=("$1") && shift; done
    [ $# -eq 0 ] || shift
    mkdir -p "$folder"
    local log=$folder/configure.log
    (
        flock 9
        # The folder remembers its first configuration; CMake itself runs again when a list file changed.
        if [ ! -e "$folder/build.ninja" ] || [ "$(cat "$folder/settings" 2>/dev/null)" != "${settings[*]}" ]; then
            if ! cmake -S "$STINT_TOP" -B "$folder" -G Ninja "${settings[@]}" >"$log" 2>&1 9<&-; then
                cat "$log" >&2
                echo "./dev: CMake could not configure $folder (see above)" >&2
                exit 1
            fi
            echo "${settings[*]}" >"$folder/settings"
        fi
        local -a quiet=(--quiet)
        [ ! -t 2 ] || quiet=()
        echo "building ${folder##*/}: ${*:-everything}" >&2
        NINJA_STATUS='[%f/%t] ' ninja -C "$folder" -j "$(jobs_at_once)" "${quiet[@]}" "$@" 9<&- >&2
    ) 9>"$folder/.lock"
}

# Runs a command while no build may change the folder. The lock does not pass on to what the command leaves behind.
with_folder() {  # FOLDER COMMAND...
    local folder=$STINT_TOP/$1
    shift
    (
        flock -s 9
        "$@" 9<&-
    ) 9>>"$folder/.lock"
}

# build/ keeps the tests once it has had them: leaving them out again would delete what was built of them.
release_settings() {
    local tests=OFF
    ! grep -qs 'STINT_TESTS=ON' "$STINT_TOP/build/settings" || tests=ON
    settings_for "$tests"
}
settings_for() {  # TESTS; answers in the array `settings`
    settings=(-DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DSTINT_TESTS=$1")
}
