#!/bin/sh
# Brings the translations up to date with the sources: collects every text for people (rows of the message table, and
# _("…") and N_("…") in the sources) and merges them into each LANGUAGE.po; new texts come out untranslated, texts
# that are gone are dropped. `update.sh --list` only prints the collected texts, as a template, and changes nothing.
set -eu
cd "$(dirname "$0")/../.."
pot=$(mktemp)
trap 'rm -f "$pot"' EXIT

collect() {
    options="--language=C --from-code=UTF-8 --no-wrap --no-location --join-existing -o $pot --keyword"
    printf 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n' > "$pot"
    # The table's rows are M(id, class, text, remedy).
    # shellcheck disable=SC2086 # a list of options
    {
        xgettext $options --keyword=M:3 --flag=M:3:c-format station/base/messages.def
        xgettext $options --keyword=M:4 --flag=M:4:c-format station/base/messages.def
        find station calibration -name '*.[ch]' | LC_ALL=C sort |
            xgettext $options --keyword=_ --keyword=N_ --flag=_:1:pass-c-format --flag=N_:1:pass-c-format --files-from=-
    } 2>&1 | sed -n '/ASCII/,/^$/d; /error:/p' >&2 # it warns of "…", which is as it should be
}

collect
if [ "${1:-}" = --list ]; then
    cat "$pot"
    exit
fi
for po in assets/translations/*.po; do
    msgmerge --quiet --no-fuzzy-matching --no-wrap --no-location --backup=off --update "$po" "$pot"
    msgattrib --no-obsolete --no-wrap --no-location -o "$po" "$po"
    sed -i "/^\"POT-Creation-Date/d" "$po" # a date of today is no change
    msgfmt --check --statistics -o /dev/null "$po"
done
