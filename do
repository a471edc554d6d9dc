#!/bin/sh
# The one door: sets up what a command needs, then runs it. Needs Python 3.11 or later, and no root.
#
#   ./do demo    run examples/shop: its own Valkey, schedules that fire, tasks that run (Ctrl-C ends it)
#   ./do test    the checks and the tests; words after it go to pytest
#   ./do check   the checks alone: lint, format, types, import contracts, sizes
#   ./do fix     mend what the linter and the formatter can mend by themselves
#   ./do cover   the tests, and which lines none of them reaches
#   ./do bench   the benchmarks, quick; ratios in one run
#   ./do lock    make the locks anew from pyproject.toml
#   ./do beat …  any beat command
set -eu
cd "$(dirname "$0")"
bin=$PWD/.venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONDONTWRITEBYTECODE # what this starts, it starts often
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 # trust what the machine trusts: some sit behind a proxy

usage() { sed -n '4,11s/^# \{0,1\}//p' "$0"; }

die() {
    printf 'do: %s\n' "$*" >&2
    exit 2
}

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11 or later is needed and none was found; name one with PYTHON=/path/to/python3"
}

# uv, or a pip outside, makes it in a moment. A `venv` with a pip of its own takes seconds, and Debian keeps what it
# needs for that in a package of its own.
make_environment() {
    if uv --version >/dev/null 2>&1; then
        uv venv --quiet --clear --python "$python" .venv && return
    fi
    "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --clear --without-pip .venv && return
    "$python" -m venv --clear .venv >/dev/null 2>&1 && return
    die "'$python -m venv' fails. On Debian and Ubuntu: apt install python3-venv (or install uv, which needs no such package)"
}

pip_install() {
    if "$bin/python" -m pip --version >/dev/null 2>&1; then
        "$bin/python" -m pip install --quiet "$@"
    else
        "$python" -m pip --python "$bin/python" install --quiet "$@"
    fi
}

# uv installs in a few seconds what takes pip half a minute; where it cannot be had or fails, pip does it.
find_uv() {
    uv --version >/dev/null 2>&1 && echo uv && return
    "$bin/uv" --version >/dev/null 2>&1 || pip_install uv >/dev/null 2>&1 || return 0
    echo "$bin/uv"
}

install() {
    uv=$(find_uv)
    if [ -n "$uv" ] && "$uv" pip install --quiet --python "$bin/python" "$@" 2>"$bin/../uv.log"; then
        return
    fi
    pip_install "$@"
}

stamp() { { pwd; cat requirements.lock pyproject.toml; } | cksum; }

set_up() {
    [ -x "$bin/python" ] && [ "$(cat .venv/stamp 2>/dev/null)" = "$(stamp)" ] && return
    python=$(find_python)
    printf 'setting up .venv with %s …\n' "$("$python" --version)" >&2
    "$bin/python" -c '' 2>/dev/null || make_environment
    install --require-hashes -r requirements.lock
    install --no-deps --no-build-isolation -e .
    stamp >.venv/stamp
}

# Eight for two cores: the tests that start processes mostly wait for them. One test at a time to each.
pytest_options="-q -n $(($(getconf _NPROCESSORS_ONLN) * 4)) --maxprocesses 8 --dist load --maxschedchunk 1"
pytest() { "$bin/python" -m tests.bytecode; exec "$bin/python" -m pytest $pytest_options "$@"; }

# The thousands of tests that only compute run in one process beside those: to hand them round costs more than they do.
computing="tests/schedules tests/oracle schedules queue_client beat"
test_all() {
    "$bin/python" -m tests.bytecode
    "$bin/python" -m pytest -q -m "not slow" $computing >.venv/computing.log 2>&1 &
    beside=$!
    trap 'kill $beside 2>/dev/null || :' EXIT
    trap 'exit 130' INT TERM
    failed=0
    "$bin/python" -m pytest $pytest_options -m "not slow" tests $(printf ' --ignore=%s' $computing) || failed=$?
    printf 'and those of %s:\n' "$computing"
    if wait $beside; then tail -n 1 .venv/computing.log; else failed=$? && cat .venv/computing.log; fi
    exit $failed
}

compile_lock() {
    out=$1
    shift
    "$uv" pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
        --python-version 3.11 --output-file "$out" pyproject.toml "$@"
}

lock() {
    python=$(find_python)
    [ -x "$bin/python" ] || make_environment
    uv=$(find_uv)
    [ -n "$uv" ] || die "uv is needed to make the locks, and could not be installed"
    compile_lock requirements.lock --all-extras --group dev "$@"
    compile_lock deploy/requirements.lock --constraint requirements.lock
}

command=${1:-help}
[ $# -gt 0 ] && shift
case $command in
    demo) set_up; cd examples/shop; exec "$bin/beat" serve --dev "$@" ;;
    test) set_up; [ $# -gt 0 ] || test_all; pytest -m "not slow" "$@" ;;
    check) set_up; pytest tests/architecture "$@" ;;
    fix) set_up; "$bin/ruff" check --quiet --fix . || true; exec "$bin/ruff" format . ;;
    cover)
        set_up
        "$bin/coverage" erase
        "$bin/python" -m tests.bytecode
        "$bin/coverage" run -m pytest $pytest_options -m "not slow" "$@"
        "$bin/coverage" combine --quiet
        exec "$bin/coverage" report --skip-covered --show-missing
        ;;
    bench) set_up; exec "$bin/python" -m benchmarks "$@" ;;
    lock) lock "$@" ;;
    beat) set_up; exec "$bin/beat" "$@" ;;
    help | -h | --help) usage ;;
    *) usage >&2; die "there is no command '$command'" ;;
esac
