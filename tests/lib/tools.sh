# What the tests need on the machine, installed when it is missing.
# shellcheck shell=bash

# packages COMMAND:PACKAGE…: installs the Debian packages of the commands that are missing.
packages() {
    local missing=() pair
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    # Debian's python3 alone can make no virtual environment.
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    # The tests start a PostgreSQL of their own; Debian keeps its programs beside the usual folders.
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
    [ ${#missing[@]} -eq 0 ] && return
    echo "installing ${missing[*]}"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "missing: ${missing[*]}. Install them (this is neither root nor is there sudo), then run this again."
            return 1
        }
        root=(sudo)
    fi
    if ! "${root[@]}" apt-get update -qq ||
        ! DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"; then
        echo "Debian's packages could not be installed: ${missing[*]}"
        return 1
    fi
}

# unless_fresh STAMP FILE… -- COMMAND…: runs the command when a file has changed since it last went well.
unless_fresh() {
    local stamp=$1 files=() sum
    shift
    while [ "$1" != -- ]; do
        files+=("$1")
        shift
    done
    shift
    sum=$(cat "${files[@]}" | sha256sum)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return
    "$@" || return
    echo "$sum" >"$stamp"
}

python_clients() {
    rm -rf .venv
    python3 -m venv .venv || { echo "no virtual environment could be made: is python3-venv installed?"; return 1; }
    .venv/bin/pip install --quiet --disable-pip-version-check -r tests/clients/requirements.txt ||
        { echo "the Python package registry cannot be reached, or lacks one of tests/clients/requirements.txt"; return 1; }
    # It has the module's name of frappe-client, so that one of the two lies apart.
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target .venv/frappeclient2 frappeclient2==0.1.1.dev0 ||
        { echo "the Python package registry cannot be reached, or lacks frappeclient2"; return 1; }
}

node_clients() {
    npm ci --prefix tests/clients --no-audit --no-fund ||
        { echo "the npm registry cannot be reached, or lacks one of tests/clients/package-lock.json"; return 1; }
}

browser_tests() {
    npm ci --prefix tests/browser --no-audit --no-fund ||
        { echo "the npm registry cannot be reached, or lacks one of tests/browser/package-lock.json"; return 1; }
}
