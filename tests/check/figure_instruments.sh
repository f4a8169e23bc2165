#!/bin/sh
# Judges a folder of photographs (taught.csv, checks.csv with truth) with the verb `judge` and prints the error rates,
# for each number of taught pictures and for each item. Usage: figure_instruments.sh FOLDER [RESULTS.csv, kept]
# LICHTWIJZER_SCALE: millimetres a pixel (0.5); LICHTWIJZER_SETS: only sets whose name holds this.
set -eu
folder=$1
program=${LICHTWIJZER_BUILD:-$(dirname "$0")/../../build}/station/lichtwijzer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
results=${2:-$work/results.csv}
absolute=$(cd "$folder" && pwd)
for name in taught checks; do # pictures are found from the folder of the table
    awk -F, -v OFS=, -v at="$absolute/" -v sets="${LICHTWIJZER_SETS:-}" '
        NR == 1 { print; next }
        index($1, sets) { $3 = at $3; $4 = at $4; print }' "$folder/$name.csv" >"$work/$name.csv"
done
"$program" judge --taught "$work/taught.csv" --checks "$work/checks.csv" --out "$results" \
    --scale "${LICHTWIJZER_SCALE:-0.5}" >"$work/said" 2>"$work/warned"

awk -F, '
    NR == FNR { set[FNR] = $1; next }
    match($0, /taught\.csv:[0-9]+/) && (line = substr($0, RSTART + 11, RLENGTH - 11) + 0) &&
        match($0, /"[^"]*" from "[^"]*"/) { print set[line] ": " substr($0, RSTART, RLENGTH) }
' "$work/taught.csv" "$work/warned" >"$work/flagged"

awk -F, '
    function rate(key, truth, what,  n) {
        n = total[key, truth] - count[key, truth, "ask"]
        return sprintf("%d of %d (%.2f %%)", count[key, truth, what], n, n ? 100 * count[key, truth, what] / n : 0)
    }
    function share(key, truth, what) {
        return total[key, truth] ? 100 * count[key, truth, what] / total[key, truth] : 0
    }
    function row(key) {
        return sprintf("%-30s wrong accepted %-20s empty accepted %-18s right refused %-18s ask: right %4.1f %%, wrong %4.1f %%",
            key, rate(key, "wrong", "accept"), rate(key, "empty", "accept"), rate(key, "genuine", "refuse"),
            share(key, "genuine", "ask"), share(key, "wrong", "ask"))
    }
    function add(key) { total[key, $5]++; count[key, $5, answer]++; keys[key] = 1 }
    FILENAME ~ /flagged$/ { n = index($0, ": "); s = substr($0, n + 3); flagged[substr($0, 1, n - 1), substr(s, 1, index(s, "\"") - 1)] = 1; next }
    FNR == 1 { next }
    FILENAME != checks { result[++results] = $NF; why[results] = $4; ms += $6; next }
    {
        answer = result[++i]
        k = $1; sub(/.*_/, "", k)
        add(k); add(k " " $2)
        if (!(($1, $2) in flagged)) { add(k " of the items not flagged"); if ($5 == "wrong" && why[i] == "other_item") named[k]++; if ($5 == "wrong") of[k]++ }
    }
    END {
        for (k = 1; k <= 9; k++)
            if (("k" k) in keys) {
                print row("k" k)
                print row("k" k " of the items not flagged")
                printf "%-30s wrong ones named as another item %.1f %%\n", "", 100 * named["k" k] / of["k" k]
            }
        for (key in keys) if (key ~ /^k5 [^o]/) print row(key) | "sort"
        close("sort")
        printf "%.2f ms a check\n", ms / results
    }' "$work/flagged" "$results" checks="$work/checks.csv" "$work/checks.csv"
echo "flagged as look-alikes when taught:"
sort "$work/flagged"
