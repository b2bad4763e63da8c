#!/bin/sh
# Install what the named Debian packages provide, unless it is here already.
#
#   configs/setup/install-missing.sh chromium sqlite3 python3-venv
#
# A Chromium that is already on the machine, by whatever name, is used as it is. Where there is no Debian
# package of it (Ubuntu, other systems), Playwright's own build is fetched.
set -u

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

present() {
    case $1 in
        chromium)
            for name in chromium chromium-browser google-chrome google-chrome-stable; do
                command -v "$name" >/dev/null 2>&1 && return 0
            done
            ls -d "$HOME"/.cache/ms-playwright/chromium-* >/dev/null 2>&1 ;;
        nginx) command -v nginx >/dev/null 2>&1 || test -x /usr/sbin/nginx ;;
        firefox-esr) command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

install() {
    echo "installing $1"
    if command -v apt-get >/dev/null 2>&1; then
        as_root apt-get update -qq
        # RUNLEVEL=1: a service that comes with a package is not started
        as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq "$1" >/dev/null && present "$1" && return 0
    fi
    [ "$1" = chromium ] && .venv/bin/playwright install --with-deps chromium
}

for package in "$@"; do
    present "$package" || install "$package" || {
        echo "error: could not install $package; install it with your package manager and try again" >&2
        exit 1
    }
done
