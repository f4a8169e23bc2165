#!/bin/sh
# table.sh PROGRAM SEEDS [SCENARIO…]: packs every scenario (or those named) with these seeds ("1 2 3"), and prints a
# row for each: what happened, by what the pretend person knows.
set -u
program=$1 seeds=$2
shift 2
here=$(dirname "$0")
[ $# -gt 0 ] || set -- "$here"/*.scenario "$here/../../assets/demo.scenario"
printf '%-26s %4s %6s %8s %6s %12s %13s %13s %10s %7s\n' scenario runs failed mistakes caught 'right reason' \
    'false accepts' 'false rejects' placements 'wait s'
bad=0
for scenario; do
    [ -f "$scenario" ] || scenario="$here/$scenario.scenario"
    LICHTWIJZER_SEEDS=$seeds "$here/run_scenario.sh" "$program" "$scenario" 1 >"${TMPDIR:-/tmp}/table.$$" || bad=1
    sed -n 's/^row //p' "${TMPDIR:-/tmp}/table.$$"
done
rm -f "${TMPDIR:-/tmp}/table.$$"
exit $bad
