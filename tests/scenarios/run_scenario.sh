#!/bin/sh
# run_scenario.sh PROGRAM SCENARIO SEEDS [blind]: packs the dental kit on the pretend bench, once a seed.
# The program ends with 0 when all the scenario expects came about, or with the code of a line "# exit N" in it.
# blind: the twin; the camera shows the empty bench throughout, and the program must end with 1.
# LICHTWIJZER_SEEDS takes the place of SEEDS. What was left of a failed run is shown, and kept when
# LICHTWIJZER_KEEP names a folder.
set -u
program=$1 scenario=$2 seeds=${LICHTWIJZER_SEEDS:-$3} twin=${4:-}
want=$(sed -n 's/^# exit \([0-9]*\)$/\1/p' "$scenario")
want=${want:-0} extra=
if [ "$twin" = blind ]; then
    want=1 extra=--blind
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0
for seed in $seeds; do
    run="$folder/$seed"
    mkdir "$run"
    XDG_DATA_HOME="$run/data" XDG_CONFIG_HOME="$run/config" "$program" demo --scenario "$scenario" --fast \
        --headless "$run/pictures" --seed "$seed" --events "$run/events" $extra >"$run/out" 2>&1
    got=$?
    problem=
    [ "$got" = "$want" ] || problem="ended with $got, not $want"
    sed -n 1p "$run/events" 2>/dev/null | grep -q '"schema"' || problem="$problem; no schema in the events' first line"
    if [ "$twin" = blind ] && grep -q '"result": *"accept"' "$run/events"; then
        problem="$problem; accepted something though blind"
    fi
    if [ -n "$problem" ]; then
        failed=$((failed + 1))
        echo "seed $seed: $problem"
        tail -n 15 "$run/out"
        echo "last events:"
        tail -n 5 "$run/events"
        if [ -n "${LICHTWIJZER_KEEP:-}" ]; then
            mkdir -p "$LICHTWIJZER_KEEP" && cp -r "$run" "$LICHTWIJZER_KEEP/$(basename "$scenario" .scenario)-$seed"
        fi
    else
        echo "seed $seed: good"
    fi
done
[ "$failed" = 0 ]
