#!/bin/sh
# One light and seed of the photorealistic bench: keeps its looks where they are not kept yet, then checks and inventory.
#   tests/check/figure_photoreal.sh BENCH FOLDER LIGHT-SEED
set -eu
bench=$1 folder=$2 set=$3
if [ ! -r "$folder/$set/shift_6.png" ]; then
    /usr/bin/python3 "$(dirname "$0")/grab_photoreal.py" "$bench" "$folder" "$set" >/dev/null
fi
figure="${LICHTWIJZER_BUILD:-build}/tests/check/figure_photoreal"
# 1: a wrong thing was accepted; the rows say so
"$figure" "$folder" --sets "$set" --teach own || [ $? = 1 ]
"$figure" "$folder" --sets "$set" --teach own --inventory | grep 'in the case'
