#!/bin/sh
# On a network with curl, as an outsider tries it: passwords, TLS, headers, tries, roles. Exit code 77: skipped.
set -eu
program=$LICHTWIJZER_BUILD/station/lichtwijzer
for tool in openssl curl; do
    command -v $tool > /dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
home=$(mktemp -d)
serving=
trap 'test -z "$serving" || kill "$serving"; rm -rf "$home"' EXIT
cd "$home"
fail() { echo "$1" >&2; exit 1; }

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2> /dev/null
cp -r "$LICHTWIJZER_SOURCE/workflows/_template" tray
printf 'data = "%s/data"; language = "en";\ncamera = { source = "pretend"; fps = 5.0; };\npretend = { scene = "%s"; };\n' \
    "$home" "$LICHTWIJZER_SOURCE/workflows/dental-kit/pretend.cfg" > station.cfg

! "$program" serve 0.0.0.0:0 tray --station station.cfg 2> err.txt || fail "served without a password"
grep -q "no password is set" err.txt
printf 'drie goede woorden\n' | "$program" password coach --station station.cfg > /dev/null
printf 'vier andere woorden\n' | "$program" password supervisor --station station.cfg > /dev/null
grep -q 'argon2id' data/passwords.cfg && ! grep -q woorden data/passwords.cfg || fail "passwords are not kept as hashes"
! "$program" serve 0.0.0.0:0 tray --station station.cfg 2> err.txt || fail "served without TLS"
grep -q "in the open" err.txt

"$program" serve 0.0.0.0:0 tray --station station.cfg --certificate cert.pem --key key.pem > out.txt 2> err.txt &
serving=$!
for _ in $(seq 100); do grep -q listening out.txt && break; sleep 0.1; done
port=$(sed 's/.*:\([0-9]*\).*/\1/' out.txt)
url=https://localhost:$port
ask() { curl -s --max-time 20 --cacert cert.pem -o body.txt -D head.txt -w '%{http_code}' "$@"; }
want() {
    code=$1; shift
    got=$(ask "$@") || true
    test "$got" = "$code" || fail "$*: $got instead of $code"
}

want 303 "$url/"
for line in 'Strict-Transport-Security: max-age=' "script-src 'self'" 'X-Content-Type-Options: nosniff' "frame-ancestors 'none'"; do
    grep -q -- "$line" head.txt || fail "the answer lacks $line"
done
grep -qi 'unsafe-inline' head.txt && fail "inline scripts are allowed"
want 401 "$url/api/state"
want 401 "$url/api/bench.jpg"
want 000 --tls-max 1.1 "$url/login"
want 000 "http://localhost:$port/login"

want 403 -X POST -d '{"role":"coach","password":"vier andere woorden"}' "$url/api/login"
want 403 -X POST -H 'Origin: https://evil.example' -d '{"role":"supervisor","password":"vier andere woorden"}' "$url/api/login"
want 200 -c jar -X POST -d '{"role":"supervisor","password":"vier andere woorden"}' "$url/api/login"
grep -q '#HttpOnly_localhost.*TRUE' jar || fail "the cookie is not for HTTPS and servers alone"
token=$(sed 's/.*"token":"\([0-9a-f]*\)".*/\1/' body.txt)
want 200 -b jar "$url/api/report"
want 403 -b jar "$url/api/bench.jpg" # who is at the bench is not the supervisor's to watch
want 403 -b jar -X POST -H "X-Lichtwijzer-Token: $token" -d '{}' "$url/api/save/tray"

for _ in 1 2 3 4 5; do want 403 -X POST -d '{"role":"coach","password":"guess"}' "$url/api/login"; done
want 429 -X POST -d '{"role":"coach","password":"guess"}' "$url/api/login"
grep -qi '^Retry-After:' head.txt || fail "it is not said how long to wait"
echo "passwords, TLS, headers, roles and tries are as they should be"
