# shellcheck shell=sh disable=SC2034
# Sourced by station/demo.sh and tests/run.sh: which Debian 12 packages are needed, and how missing ones are installed.

packages_program="build-essential meson ninja-build pkg-config gettext libopencv-core-dev libopencv-imgproc-dev \
libopencv-imgcodecs-dev libopencv-calib3d-dev libopencv-features2d-dev libopencv-videoio-dev libopencv-contrib-dev libsdl2-dev \
libusb-1.0-0-dev libconfig-dev libsqlite3-dev libcairo2-dev libpango1.0-dev libjansson-dev libcminpack-dev libjpeg-dev \
libzxing-dev libmicrohttpd-dev libsodium-dev fonts-dejavu-core"
packages_tests="libcmocka-dev umockdev libumockdev-dev xvfb locales git"

# packages_install NAME…: says which are missing and installs them, with sudo when not root.
packages_install() {
    missing=
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    echo "These packages are missing and will be installed:$missing"
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "Please install them as root:  apt-get install$missing" >&2; return 1; }
        sudo=sudo
    fi
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # shellcheck disable=SC2086 # a list of names
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 $missing
}
