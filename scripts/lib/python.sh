# The virtual environment .venv, holding what requirements/*.txt pin and this checkout. Needs say.sh, cache.sh, debian.sh.

# ready_python run|dev: what the programs need; or that and what the tests need.
ready_python() {
    if environment_holds dev || environment_holds "$1"; then
        return
    fi
    log=$cache/python.log
    : >"$log"
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        find_python
        make_environment
    fi
    say "installing what requirements/$1.txt pins into .venv (once; the log is .cache/python.log)"
    # build.txt holds the build backend: nothing is fetched that is not pinned by hash
    if ! logged "$log" pip_install --require-hashes -r "requirements/$1.txt" -r requirements/build.txt ||
        ! logged "$log" pip_install --no-deps --no-build-isolation --editable .; then
        fail_showing "$log" "pip could not install what requirements/$1.txt pins" \
            "see that pip reaches its package index from here (.venv/bin/python -m pip config list), then start again"
    fi
    environment_stamp "$1" >".venv/holds-$1"
}

environment_holds() {
    [ -f ".venv/holds-$1" ] && [ "$(cat ".venv/holds-$1")" = "$(environment_stamp "$1")" ]
}

# environment_stamp run|dev: changes with all that .venv is made from: this folder, its Python, the pinned versions.
environment_stamp() {
    {
        pwd -P
        .venv/bin/python --version
        cat pyproject.toml requirements/build.txt "requirements/$1.txt"
    } 2>&1 | sha256sum
}

pip_install() {
    .venv/bin/python -m pip install --no-input --progress-bar off "$@"
}

# find_python: sets $python.
find_python() {
    for python in python3 python3.11 python3.12 python3.13 python3.14; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return
        fi
    done
    fail "no Python 3.11 or later on the PATH" "on Debian 12, as root: apt-get install python3"
}

# make_environment: Debian keeps pip's wheel in a package apart, so where python3-venv is missing, pip comes from there.
make_environment() {
    say "making .venv with $("$python" --version)"
    if logged "$log" "$python" -m venv --clear .venv; then
        return
    fi
    otherwise="install python3-venv (as root: apt-get install python3-venv)"
    say "this Python comes without pip: fetching Debian's into .cache"
    [ -d "$debian/pip" ] || debian_unpack "$debian/pip" python3-pip-whl "$otherwise"
    log=$cache/python.log
    wheel=$(find "$debian/pip/usr/share/python-wheels" -name 'pip-*.whl')
    if ! logged "$log" "$python" -m venv --clear --without-pip .venv ||
        ! logged "$log" .venv/bin/python "$wheel/pip" install --no-index --no-deps "$wheel"; then
        fail_showing "$log" "no virtual environment can be made in $PWD/.venv" "$otherwise"
    fi
}
