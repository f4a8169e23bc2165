#!/bin/sh
# run_scenario.sh PROGRAM SCENARIO SEEDS [blind]: packs the dental kit on the pretend bench, once a seed, and prints a
# line for each seed and a table row of all (its columns: table.sh).
# The program ends with 0 when all the scenario expects came about, or with the code of a line "# exit N" in it.
# blind: the twin; the camera shows the empty bench throughout, and the program must end with 1.
# To be quick, only the steps that the scenario names are packed, those of a line "# steps ID…" in it, and those where
# a person only confirms; "# steps all" and LICHTWIJZER_WHOLE=1 pack all. The calibration is made once for a program.
# "# with memory": the station knows what the bench looked like when it was calibrated, and mends bumps.
# LICHTWIJZER_SEEDS takes the place of SEEDS. What was left of a failed run is shown, and kept when
# LICHTWIJZER_KEEP names a folder.
set -u
program=$1 scenario=$2 seeds=${LICHTWIJZER_SEEDS:-$3} twin=${4:-}
name=$(basename "$scenario" .scenario)${twin:+-$twin}
kit=$(cd "$(dirname "$0")/../../workflows/dental-kit" && pwd) || exit 1
want=$(sed -n 's/^# exit \([0-9]*\)$/\1/p' "$scenario")
want=${want:-0} extra=
if [ "$twin" = blind ]; then
    want=1 extra=--blind
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export LC_ALL=C.UTF-8 LANGUAGE=en

# The same for all seeds and scenarios: the pretend camera and projector hang where the scene says.
calibrate() {
    cal=$(dirname "$program")/scenario-calibration
    mkdir -p "$cal"
    (
        flock 9
        [ "$cal/calibration.cfg" -nt "$program" ] && exit 0
        rm -f "$cal/calibration.cfg"
        cat >"$cal/station.cfg" <<END
data = "$cal";
camera = { source = "pretend"; fps = 15.0; };
pretend = { scene = "$kit/pretend.cfg"; light = "easy"; seed = 7; };
END
        XDG_CONFIG_HOME="$cal" "$program" calibrate --station "$cal/station.cfg" --auto --wait 4 --raised 100 --fast
    ) 9>"$cal/one-at-a-time" >"$folder/calibrate" 2>&1 || {
        cat "$folder/calibrate"
        echo "no calibration"
        exit 1
    }
}

# The kit with the steps that are named, each on a line of its own; of a row (lay-mirror-{n}) the numbers that are.
choose_steps() {
    workflow=$kit
    grep -q '^# steps all' "$scenario" || [ -n "${LICHTWIJZER_WHOLE:-}" ] && return
    workflow=$folder/dental-kit
    cp -r "$kit" "$workflow"
    {
        sed -n 's/^# steps //p' "$scenario"
        grep -o 'lay-[a-z0-9-]*' "$scenario"
        sed -n 's/.*: knock out \([a-z0-9-]*\).*/lay-\1/p' "$scenario"
    } | tr ' ' '\n' | sort -u >"$folder/steps"
    awk -v named="$folder/steps" '
        BEGIN { while ((getline line <named) > 0) wanted[line] = 1 }
        /^ *{ id = "lay-/ {
            split($0, part, "\"")
            for (n = 1; n <= 9 && part[2] ~ /{n}/; n++) {
                line = $0; gsub(/{n}/, n, line)
                id = part[2]; sub(/{n}/, n, id)
                if (id in wanted) print line
            }
            if (!(part[2] in wanted)) next
        }
        { print }' "$kit/workflow.cfg" >"$workflow/workflow.cfg"
}

run() {
    mkdir -p "$run/data"
    cp "$cal/calibration.cfg" "$run/data/"
    if grep -q '^# with memory' "$scenario"; then
        cp "$cal/bench-patches" "$cal/proof.json" "$run/data/"
    fi
    XDG_CONFIG_HOME="$run/config" "$program" demo --scenario "$scenario" --workflow "$workflow" --fast --fps 15 \
        --no-pictures --data "$run/data" --seed "$seed" --events "$run/events" $extra >"$run/out" 2>&1
    got=$?
    problem=
    [ "$got" = "$want" ] || problem="ended with $got, not $want"
    sed -n 1p "$run/events" 2>/dev/null | grep -q '"schema"' || problem="$problem; no schema in the events' first line"
    if [ "$twin" = blind ] && grep -q '"result": *"accept"' "$run/events"; then
        problem="$problem; accepted something though blind"
    fi
    grep -q ': 0 mistakes\|: [0-9]* mistakes' "$run/out" || problem="$problem; no account of it"
    # a longer wait is a person and a station that wait for each other, unless nothing can be seen
    [ "$twin" = blind ] || grep -q '^expect giving up' "$scenario" || awk -v most=60 '/^What the pretend person knows/ && match($0, /longest wait[^0-9]*[0-9.]+/) {
        wait = substr($0, RSTART, RLENGTH); sub(/.*[^0-9.]/, "", wait); exit wait + 0 > most }' "$run/out" ||
        problem="$problem; waited longer than a minute for an answer"
    sed -n 's/^What the pretend person knows.*: \([0-9]*\) mistakes made, \([0-9]*\) seen[^(]*(\([0-9]*\) with[^)]*), \([0-9]*\) wrong accepts, \([0-9]*\) right placements refused of \([0-9]*\), longest wait[^0-9]*\([0-9.]*\) s.*/\1 \2 \3 \4 \5 \6 \7/p' \
        "$run/out" >>"$folder/numbers"
}

failed=0 runs=0
calibrate
choose_steps
for seed in $seeds; do
    run="$folder/$seed"
    run
    runs=$((runs + 1))
    if [ -n "$problem" ]; then
        failed=$((failed + 1))
        echo "seed $seed: $problem"
        tail -n 15 "$run/out"
        echo "last events:"
        tail -n 5 "$run/events"
        if [ -n "${LICHTWIJZER_KEEP:-}" ]; then
            mkdir -p "$LICHTWIJZER_KEEP" && rm -rf "$LICHTWIJZER_KEEP/$name-$seed" &&
                cp -r "$run" "$LICHTWIJZER_KEEP/$name-$seed"
        fi
    else
        echo "seed $seed: good"
    fi
    rm -rf "$run"
done
awk -v name="$name" -v runs="$runs" -v failed="$failed" '
    { for (i = 1; i <= 6; i++) sum[i] += $i; if ($7 > wait) wait = $7 }
    END { printf "row %-22s %4d %6d %8d %6d %12d %13d %13d %10d %7.1f\n", name, runs, failed, sum[1], sum[2], sum[3],
                 sum[4], sum[5], sum[6], wait }' "$folder/numbers"
[ "$failed" = 0 ]
