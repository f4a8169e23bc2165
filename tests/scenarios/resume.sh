#!/bin/sh
# resume.sh PROGRAM: a kit is cut off in the middle (kill -9) and taken on by a new process. The case then comes half
# packed, as it was; the camera looks at it first, what is in it is not packed again, and the kit is completed.
set -u
program=$1
here=$(cd "$(dirname "$0")" && pwd)
kit=$here/../../workflows/dental-kit
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export LC_ALL=C.UTF-8 LANGUAGE=en XDG_CONFIG_HOME="$folder"
cp -r "$kit" "$folder/dental-kit"
sed -e '/{ id = "lay-\(inter\|gloves\)/d' -e '/{ id = "lay-cotton/s/{n}/1/g' "$kit/workflow.cfg" >"$folder/dental-kit/workflow.cfg"

station() { # SCENARIO
    mkdir -p "$folder/data"
    cat >"$folder/station.cfg" <<END
data = "$folder/data";
camera = { source = "pretend"; fps = 15.0; };
pretend = { scene = "$kit/pretend.cfg"; seed = 7; light = "easy"; scenario = "$1"; };
END
}

fail() {
    echo "$1"
    tail -n 14 "$folder"/*.out "$folder"/*.events
    exit 1
}

done_steps() { # EVENTS
    sed -n 's/.*"step":"\([^"]*\)".*"phase":"done".*/\1/p' "$1"
}

station "$here/honest.scenario"
cal=$(dirname "$program")/scenario-calibration/calibration.cfg
if [ -f "$cal" ]; then
    cp "$cal" "$folder/data/"
else
    "$program" calibrate --station "$folder/station.cfg" --auto --wait 4 --raised 100 --fast \
        >"$folder/calibrate.out" 2>&1 || fail "no calibration"
fi

run() { # NAME OPTIONS…: in a process of its own, whose id is then the program's
    name=$1
    shift
    exec "$program" run "$folder/dental-kit" --station "$folder/station.cfg" --fast --kits 1 --section upper \
        --events "$folder/$name.events" "$@" >"$folder/$name.out" 2>&1
}

run first --kit K1 &
shell=$!
tries=0
until [ "$(done_steps "$folder/first.events" 2>/dev/null | wc -l)" -ge 3 ]; do
    sleep 0.2
    tries=$((tries + 1))
    [ $tries -lt 1500 ] && kill -0 $shell 2>/dev/null || fail "three steps were not packed"
done
kill -KILL $shell
wait $shell 2>/dev/null

cp "$here/honest.scenario" "$folder/half.scenario"
for step in $(done_steps "$folder/first.events"); do
    place=${step#lay-}
    echo "case holds $(echo "$place" | sed 's/-[0-9]$//') in $place"
done >>"$folder/half.scenario"
station "$folder/half.scenario"
(run second --resume K1) || fail "the kit was not taken on"
for step in $(done_steps "$folder/first.events"); do
    done_steps "$folder/second.events" | grep -qx -- "$step" && fail "$step was packed a second time"
done
grep -q '"phase":"ended"' "$folder/second.events" || fail "the kit is not complete"
echo "taken on after: $(done_steps "$folder/first.events" | tr '\n' ' ')"
