#!/bin/sh
# Installs what is missing, builds with warnings as errors, runs all fast tests, and ends with a line
# `N passed, N failed, N skipped`.   --figures: prints all published figures instead (long; it goes on where it stopped).
set -eu
cd "$(dirname "$0")/.."
. assets/packages.sh
# shellcheck disable=SC2086 # lists of names
packages_install $packages_program $packages_tests
[ -f build/build.ninja ] || meson setup build
if [ "${1:-}" = --figures ]; then
    ninja -C build
    exec sh tests/figures.sh
fi
ninja -C build

# The whole set runs under a Dutch locale (decimal comma), made here if the computer has none.
if [ ! -d build/locale/nl_NL.UTF-8 ]; then
    mkdir -p build/locale
    localedef -i nl_NL -f UTF-8 build/locale/nl_NL.UTF-8 || echo "no Dutch locale could be made"
fi
status=0
LOCPATH="$PWD/build/locale" LC_ALL=nl_NL.UTF-8 LANGUAGE=en \
    meson test -C build --no-rebuild --suite fast --suite scenario --num-processes 2 --print-errorlogs || status=$?

# meson's own counts, as one line
log=build/meson-logs/testlog.txt
count() { sed -n "s/^$1: *\([0-9]*\).*/\1/p" "$log" | tail -n 1; }
passed=$(count Ok); failed=$(count Fail); skipped=$(count Skipped); timeout=$(count Timeout)
echo "${passed:-0} passed, $(( ${failed:-0} + ${timeout:-0} )) failed, ${skipped:-0} skipped"
[ "$status" = 0 ] && [ "${passed:-0}" -gt 0 ]
