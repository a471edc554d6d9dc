#!/bin/sh
# The one door: sets up what a command needs, then runs it. Needs Python 3.11 or later, and no root.
#
#   ./do demo    run examples/shop: its own Valkey, schedules that fire, tasks that run (Ctrl-C ends it)
#   ./do test    the checks and the tests
#   ./do check   the checks alone: format, lint, types, import contracts
#   ./do bench   the benchmarks, quick; ratios in one run
#   ./do lock    make requirements.lock anew from pyproject.toml
#   ./do beat …  any beat command
set -eu
cd "$(dirname "$0")"

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    say "do: Python 3.11 or later is needed and none was found; name one with PYTHON=/path/to/python3"
    exit 2
}

stamp() { cat requirements.lock pyproject.toml | cksum; }

make_environment() {
    python=$(find_python)
    say "setting up .venv ($("$python" --version)) …"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --clear --python "$python" .venv
        return
    fi
    if ! "$python" -m venv --clear .venv >/dev/null 2>&1; then
        say "do: '$python -m venv' failed. On Debian and Ubuntu: apt install python3-venv (or install uv, and this needs neither)"
        exit 2
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null || true
}

install() {
    uv=$(command -v uv || true)
    [ -x .venv/bin/uv ] && uv=.venv/bin/uv
    if [ -n "$uv" ] && "$uv" pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock; then
        "$uv" pip install --quiet --python .venv/bin/python --no-deps -e .
        return
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
}

set_up() {
    [ -f .venv/stamp ] && [ "$(cat .venv/stamp)" = "$(stamp)" ] && return
    make_environment
    install
    stamp >.venv/stamp
}

check() {
    .venv/bin/ruff check --quiet --output-format concise .
    .venv/bin/mypy --no-error-summary
    .venv/bin/lint-imports >.venv/imports.log || { cat .venv/imports.log; exit 1; }
}

command=${1:-help}
[ $# -gt 0 ] && shift
case $command in
    demo) set_up; cd examples/shop; exec ../../.venv/bin/beat serve --dev "$@" ;;
    test) set_up; check; exec .venv/bin/python -m pytest -q -n 2 -m "not slow" "$@" ;;
    check) set_up; check ;;
    bench) set_up; exec .venv/bin/python -m benchmarks "$@" ;;
    beat) set_up; exec .venv/bin/beat "$@" ;;
    lock)
        set_up
        .venv/bin/python -m uv --version >/dev/null 2>&1 || .venv/bin/python -m pip install --quiet uv
        .venv/bin/python -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
            --python-version 3.11 --all-extras --group dev --output-file requirements.lock pyproject.toml "$@"
        ;;
    help | -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0" ;;
    *) say "do: no such command: $command"; sed -n '4,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
