#!/bin/sh
# Write the locks in requirements/ from pyproject.toml. Existing pins are kept where they still fit; `scripts/lock.sh --upgrade` takes the newest.
#
# --universal --python-version 3.11: one lock for every platform and Python from 3.11 on. (Compiled on 3.13 without them, a lock picks versions that fail on 3.11.)
# --no-config --no-emit-index-url: whatever index this machine uses, no host gets into a lock.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
case "$(uv --version 2>/dev/null || true)" in
    "uv $UV_VERSION"*) uv=uv ;;
    *)
        tools=$(mktemp -d)
        python3 -m venv "$tools"
        "$tools/bin/pip" install --quiet --disable-pip-version-check "uv==$UV_VERSION"
        uv=$tools/bin/uv
        ;;
esac

compile() {
    output=$1
    shift
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
        --custom-compile-command scripts/lock.sh --output-file "$output" "$@" >/dev/null
}

build=$(mktemp -d)
trap 'rm -rf "$build" ${tools:+"$tools"}' EXIT
printf '%s\n' "$(sed -n 's/^requires = \["\(.*\)"\].*/\1/p' pyproject.toml)" editables >"$build/build.in"
compile requirements/runtime.txt pyproject.toml "$@"
compile requirements/dev.txt pyproject.toml --group dev --constraint requirements/runtime.txt "$@"
compile requirements/bench.txt pyproject.toml --group bench --constraint requirements/dev.txt "$@"
compile requirements/build.txt "$build/build.in" --constraint requirements/dev.txt "$@"

if grep -n '://' requirements/*.txt; then
    echo "A lock names a host: see the lines above." >&2
    exit 1
fi
