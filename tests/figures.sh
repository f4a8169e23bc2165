#!/bin/sh
# All published figures (accuracy, error rates, speed) as one table with date and commit.
# Each measurement's result is kept in build/figures/COMMIT and is not run again: it goes on where it stopped. What does
# not fit into two hours on two cores is left out, and said so.
# Every measurement is a few minutes long, and all of them come once before any comes again with other seeds. In CPU
# minutes: speed 6, instruments 8, calibration 3, checks 25, photorealistic bench 10, scenarios 100; two run at a time.
#   LICHTWIJZER_FIGURES_S     time limit in seconds        LICHTWIJZER_FIGURES_SEEDS   seeds of the pretend bench (5)
#   LICHTWIJZER_FIGURES_RUNS  seeds of each scenario (20)  LICHTWIJZER_FIGURES_KEEP    folder of results to go on with
#   LICHTWIJZER_FIGURES_ONLY  only names that this extended regular expression matches
set -eu

# One measurement: NAME COMMAND… Its output is kept when the command succeeds; what failed is told in the table.
if [ "${1:-}" = --one ]; then
    name=$2
    shift 2
    [ -s "$out/$name" ] && exit 0
    if [ "$(date +%s)" -ge "$until" ]; then
        echo "$name" >>"$out/not-run"
        exit 0
    fi
    if "$@" >"$out/$name.part" 2>"$out/$name.log" </dev/null; then
        mv "$out/$name.part" "$out/$name"
        rm -f "$out/$name.log"
    else
        echo "$name" >>"$out/failed"
    fi
    echo "$name" >&2
    exit 0
fi

cd "$(dirname "$0")/.."
commit=$(git rev-parse --short=10 HEAD 2>/dev/null || echo unknown)
git diff --quiet HEAD 2>/dev/null || commit="$commit-changed"
out=${LICHTWIJZER_FIGURES_KEEP:-$PWD/build/figures/$commit}
until=$(($(date +%s) + ${LICHTWIJZER_FIGURES_S:-6600}))
only=${LICHTWIJZER_FIGURES_ONLY:-.}
seeds=$(seq "${LICHTWIJZER_FIGURES_SEEDS:-5}")
runs=${LICHTWIJZER_FIGURES_RUNS:-20}
slice=5 # seeds of a scenario in one measurement
lights="easy office dim bright window"
shared=${LICHTWIJZER_SHARED:-$PWD/../shared}
mkdir -p "$out"
rm -f "$out/not-run" "$out/failed"
export out until LICHTWIJZER_SOURCE="$PWD" LICHTWIJZER_BUILD="$PWD/build" LICHTWIJZER_SHARED="$shared" \
    LC_ALL=C.UTF-8 LANGUAGE=en

# ---- what is measured: a line each, NAME COMMAND… ----

# Speed first, one after the other, so that nothing else runs beside it.
for name in $(meson test -C build --benchmark --list 2>/dev/null | sed 's/.* //' | grep -E '^[a-z_/]+$'); do
    echo "speed-$(echo "$name" | tr / -) sh -c 'meson test -C build --no-rebuild --benchmark --verbose $name'"
done | grep -E "^[^ ]*($only)" >"$out/jobs-alone" || true

{
    echo "decode-real sh -c 'build/tests/calibration/test_calibration_decode; [ \$? = 0 ] || [ \$? = 77 ]'"
    echo "boards-drawn build/tests/calibration/test_calibration_views 30"
    for name in grid left solve; do
        echo "drawn-$name sh -c 'build/tests/calibration/test_calibration_$name; [ \$? = 0 ] || [ \$? = 77 ]'"
    done
    if [ -r "$shared/data/instruments/checks.csv" ]; then
        echo "instruments sh tests/check/figure_instruments.sh $shared/data/instruments"
    fi
    if [ -r "$shared/bench/bench.py" ] && /usr/bin/python3 -c 'import cv2, numpy' 2>/dev/null; then
        for seed in $seeds; do
            for light in easy office window; do
                echo "photoreal-$light-$seed sh tests/check/figure_photoreal.sh $shared/bench build/photoreal $light-$seed"
            done
        done
    fi
    for seed in $seeds; do
        echo "calibration-$seed build/tests/calibration/figure_calibration --seed $seed"
    done
    for seed in $seeds; do
        for light in $lights; do
            echo "pretend-$light-$seed build/tests/check/figure_pretend --seed $seed --light $light" \
                "--calibration $out/$light-$seed.cfg --pictures $out/pictures"
        done
    done
    for first in $(seq 1 $slice "$runs"); do
        last=$((first + slice - 1 < runs ? first + slice - 1 : runs))
        for scenario in tests/scenarios/*.scenario assets/demo.scenario; do
            case $scenario in *e2e_network*) continue ;; esac
            echo "scenario-$(basename "$scenario" .scenario)-$first env LICHTWIJZER_SEEDS='$(seq -s' ' "$first" "$last")'" \
                "sh -c 'sh tests/scenarios/run_scenario.sh build/station/lichtwijzer $scenario 1 || true'"
        done
    done
} | grep -E "^[^ ]*($only)" >"$out/jobs" || true

# A screen of the projector's size for what draws to one.
server=
if [ -z "${DISPLAY:-}" ] && command -v Xvfb >/dev/null; then
    Xvfb -displayfd 1 -screen 0 1920x1080x24 -nolisten tcp >"$out/display" 2>/dev/null &
    server=$!
    trap 'kill $server 2>/dev/null' EXIT
    for _ in 1 2 3 4 5; do
        [ -s "$out/display" ] || sleep 1
    done
    DISPLAY=:$(cat "$out/display")
    export DISPLAY
fi
xargs -d '\n' -P 1 -I '{}' sh -c "sh tests/figures.sh --one {}" <"$out/jobs-alone"
[ -z "$server" ] || unset DISPLAY
xargs -d '\n' -P 2 -I '{}' sh -c "sh tests/figures.sh --one {}" <"$out/jobs"

# ---- the table ----

title() {
    printf '\n== %s\n' "$1"
}

# CSV files that are there: NAME-*; nothing when there are none.
have() {
    find "$out" -maxdepth 1 -name "$1" ! -name '*.log' ! -name '*.part' ! -name '*.cfg' | sort
}

instruments() {
    title "Real photographs of steel instruments (false accepts and rejects among those that do not ask)"
    if [ ! -r "$shared/data/instruments/checks.csv" ]; then
        echo "absent: $shared/data/instruments"
        return
    fi
    cat "$out/instruments" 2>/dev/null || echo "not measured"
}

photoreal() {
    title "Photorealistic bench, one laying taught in the same light: seeds 1 to ${LICHTWIJZER_FIGURES_SEEDS:-5}"
    if [ -z "$(have 'photoreal-*')" ]; then
        echo "not measured ($shared/bench, python3-opencv)"
        return
    fi
    for light in easy office window; do
        have "photoreal-$light-*" | xargs -r cat | awk -v light="$light" '
            /^[a-z]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+$/ {
                k = $1 == "right" ? "right" : "wrong"; n[k] += $2; ok[k] += $4; ask[k] += $5; no[k] += $6 + $7; why[k] += $8 }
            /in the case:/ { for (i = 2; i <= NF; i++) if ($i ~ /^(right|can|wrong)/) seen[$i] += $(i - 1) }
            END { printf "%-8s right: %d accepted, %d asked, %d refused of %d; wrong: %d accepted, %d asked, right reason %d of %d; inventory %d right, %d wrong, %d can\047t tell\n",
                  light, ok["right"], ask["right"], no["right"], n["right"], ok["wrong"], ask["wrong"], why["wrong"], n["wrong"],
                  seen["right,"], seen["wrong"], seen["can\047t"] }'
    done
}

table() {
    echo "Lichtwijzer figures: $(date -u +%Y-%m-%d), commit $commit, $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
    title "Checks on the pretend bench: seeds 1 to ${LICHTWIJZER_FIGURES_SEEDS:-5} in each light"
    files=$(have 'pretend-*')
    # shellcheck disable=SC2086 # a list of names without spaces
    [ -z "$files" ] || build/tests/check/figure_pretend --table $files || true
    instruments
    photoreal
    title "Calibration on the pretend bench, devices hanging elsewhere with each seed, office light"
    files=$(have 'calibration-*')
    # shellcheck disable=SC2086
    [ -z "$files" ] || build/tests/calibration/figure_calibration --table $files
    title "Calibration on real captures (kamino410)"
    grep -h 'decoded; \|skipped: ' "$out/decode-real" 2>/dev/null || echo "not measured"
    title "Calibration with a board on 30 drawn stations"
    grep -h 'drawn stations\|mm high' "$out/boards-drawn" 2>/dev/null || echo "not measured"
    title "Calibration on drawn stations: bench and box, any way of hanging; coded grid; things left on the bench"
    grep -h 'true p95\|light against camera\|corners, \|things found' "$out/drawn-solve" "$out/drawn-grid" "$out/drawn-left" \
        2>/dev/null || echo "not measured"
    title "Scenarios, seeds 1 to $runs"
    printf '%-22s %4s %6s %8s %6s %12s %13s %13s %10s %7s\n' scenario runs failed mistakes caught 'right reason' \
        'false accepts' 'false rejects' placements 'wait s'
    have 'scenario-*' | xargs -r sed -n 's/^row //p' | awk '
        { name = $1; if (!(name in runs)) order[++n] = name
          runs[name] += $2; failed[name] += $3
          for (i = 4; i <= 9; i++) sum[name, i] += $i
          if ($10 > wait[name]) wait[name] = $10 }
        END { for (k = 1; k <= n; k++) { name = order[k]
              printf "%-22s %4d %6d %8d %6d %12d %13d %13d %10d %7.1f\n", name, runs[name], failed[name], sum[name, 4],
                     sum[name, 5], sum[name, 6], sum[name, 7], sum[name, 8], sum[name, 9], wait[name] } }'
    title "Speed (CPU time; plain alternative in the same run)"
    for file in $(have 'speed-*'); do
        echo "[${file##*/speed-}]"
        grep -E '[0-9] (ms|us|µs|MB|frames)|ratio' "$file" | grep -vE '^(Full log|Summary)|^ *[0-9]+/[0-9]+ |^[▶|]' || true
    done
    for list in failed not-run; do
        [ ! -s "$out/$list" ] || printf '\n%s: %s\n' "$list" "$(tr '\n' ' ' <"$out/$list")"
    done
}

table >"$out/table.part"
mv "$out/table.part" "$out/table.txt"
cat "$out/table.txt"
[ ! -s "$out/failed" ]
