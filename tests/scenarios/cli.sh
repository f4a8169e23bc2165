#!/bin/sh
# cli.sh PROGRAM SOURCE: what every verb answers, and with which exit code: 0 done, 1 not done, 2 not understood.
# Needs no bench; each line below is a call, the code it must end with, and words its output must hold.
set -u
program=$(realpath "$1") source=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export XDG_DATA_HOME="$folder/data" XDG_CONFIG_HOME="$folder/config" XDG_RUNTIME_DIR="$folder" LANGUAGE=en
failed=0
cd "$source" || exit 1

# expect CODE WORDS ARGUMENTS…: runs the program; what it said is left in $folder/out
expect() {
    want=$1 words=$2
    shift 2
    "$program" "$@" > "$folder/out" 2> "$folder/err" < /dev/null
    got=$?
    if [ "$got" != "$want" ]; then
        failed=$((failed + 1))
        echo "lichtwijzer $*: ended with $got, not $want"
        cat "$folder/out" "$folder/err"
    elif [ -n "$words" ] && ! cat "$folder/out" "$folder/err" | grep -qF -- "$words"; then
        failed=$((failed + 1))
        echo "lichtwijzer $*: does not say \"$words\":"
        cat "$folder/out" "$folder/err"
    fi
}

# holds JSON, to its last byte
json() {
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$folder/out" || {
        failed=$((failed + 1))
        echo "no JSON: $1"
    }
}

verbs="demo run calibrate measure teach rehearse validate release report record replay doctor"
expect 0 "usage: lichtwijzer VERB" --help
expect 2 "usage: lichtwijzer VERB"
expect 2 "usage: lichtwijzer VERB" dance
for verb in $verbs; do
    expect 0 "usage: lichtwijzer $verb" "$verb" --help
    expect 2 "unknown option. See --help." "$verb" --dance
    LANGUAGE=nl expect 0 "gebruik: lichtwijzer $verb" "$verb" --help
done

# not understood
expect 2 "run takes one workflow folder" run
expect 2 "run takes one workflow folder" run one two
expect 2 "--kits: must be a whole number" run --kits 1.5 workflows/dental-kit
expect 2 "needs a value" run workflows/dental-kit --kits
expect 2 "teach takes one workflow folder" teach
expect 2 "rehearse takes one workflow folder" rehearse
expect 2 "rehearse takes one workflow folder" rehearse workflows/_template --format xml
expect 2 "--raised is 0 to 400 mm" calibrate --raised 401
expect 2 "validate takes one or more" validate
expect 2 "--since takes a date" report --since 2026-13-01
expect 2 "report takes one workflow" report one two
expect 2 "record takes one new folder" record
expect 2 "replay takes one folder" replay
expect 2 "demo takes only options" demo dental-kit
expect 2 "doctor takes only options" doctor camera

# workflows
expect 0 "workflows/dental-kit: good" validate workflows/dental-kit workflows/_template
expect 1 "is not a workflow" validate "$folder"
cp -r workflows/_template "$folder/broken"
line=$(grep -n 'height_mm' "$folder/broken/workflow.cfg" | sed -n '1s/:.*//p')
sed -i "${line}s/height_mm/heigth_mm/" "$folder/broken/workflow.cfg"
expect 1 "broken/workflow.cfg:$line: Unknown key \"heigth_mm\"; did you mean \"height_mm\"?" validate "$folder/broken"
expect 1 "$folder/broken: not good" validate workflows/_template "$folder/broken"

# released only when it is without errors, and only the one word of the text changes
expect 2 "release takes one workflow folder" release
expect 2 "format is json" validate --format xml workflows/_template
expect 1 "Unknown key" release "$folder/broken"
cp -r workflows/_template "$folder/tray"
chmod -R u+w "$folder/tray"
expect 0 "released; warnings: 4" release "$folder/tray"
[ "$(diff workflows/_template/workflow.cfg "$folder/tray/workflow.cfg" | grep -c '^>')" = 1 ] || exit 1
expect 0 "is released already" release "$folder/tray"
expect 0 '"good":true' validate --format json "$folder/tray"

# no station yet, and one that does not say what it should
expect 1 "There is no station file $folder/config/lichtwijzer/station.cfg" run workflows/dental-kit
expect 1 "There is no station file" calibrate
expect 1 "There is no station file" teach workflows/_template
expect 1 "There is no station file" record "$folder/film"
expect 1 "There is no station file" report
expect 1 "Can't open $folder/other.cfg" run --station "$folder/other.cfg" workflows/dental-kit
printf 'bench = {\n    widht_mm = 1200;\n};\n' > "$folder/odd.cfg"
expect 1 "odd.cfg:2: Unknown key \"widht_mm\"; did you mean \"width_mm\"?" run --station "$folder/odd.cfg" workflows/dental-kit

# a station: the example is a whole one
expect 0 "source = " doctor --example
mkdir -p "$folder/config/lichtwijzer"
sed 's|source = "/dev/video0"|source = "pretend"|' "$folder/out" > "$folder/config/lichtwijzer/station.cfg"
expect 1 "calibration" doctor
expect 1 "Run: lichtwijzer calibrate" doctor --json
json "doctor --json"
expect 1 "is not a workflow" run "$folder"
expect 1 "The station is not calibrated yet" run workflows/dental-kit
expect 1 "The station is not calibrated yet" teach workflows/_template
expect 1 "The station is not calibrated yet" record "$folder/film"
expect 1 "Can't open" replay "$folder/none"

# reports; running has begun the station's records
expect 1 "Can't open $folder/none.db" report --journal "$folder/none.db"
expect 0 "Nothing is recorded yet." report
echo "no records" > "$folder/letter.db"
expect 1 "The records are damaged" report --journal "$folder/letter.db"
[ "$(cat "$folder/letter.db")" = "no records" ] || { failed=$((failed + 1)); echo "report changed a file"; }
expect 0 "" report --json
json "report --json"
expect 0 "step" report --csv
expect 0 "" report --html "$folder/report.html"
grep -q '^</html>' "$folder/report.html" || { failed=$((failed + 1)); echo "report.html is not whole"; }
expect 1 "Can't write" report --html "$folder/none/report.html"

# the pretend bench
expect 1 "is not a workflow" demo --no-pictures --workflow "$folder"
expect 1 "There is no light \"moon\"" demo --no-pictures --light moon
expect 1 "Can't open $folder/none.scenario" demo --no-pictures --scenario "$folder/none.scenario"

[ "$failed" = 0 ] || { echo "$failed failed"; exit 1; }
