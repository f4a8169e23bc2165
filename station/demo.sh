#!/bin/sh
# Installs what is missing, builds, and packs the dental kit on the pretend bench. No hardware needed.
# What follows is given to `lichtwijzer demo`: --fast, --headless DIR, --seed N, --help …
set -eu
cd "$(dirname "$0")/.."
. assets/packages.sh
# shellcheck disable=SC2086 # a list of names
packages_install $packages_program
[ -f build/build.ninja ] || meson setup build >/dev/null
ninja -C build station/lichtwijzer assets/nl.mo | tail -n 1
exec build/station/lichtwijzer demo "$@"
