#!/usr/bin/env bash
# Sees to what the tests need beside Python packages: a browser, the library its driver links to, and a Chinese font;
# with POSTGRES=1 a connection pooler, with FAULTS=1 a PostgreSQL cluster and two proxies instead.
# As root on Debian it installs what is missing; otherwise it says what to install and fails. BROWSER=0 leaves the browser out.
set -euo pipefail

wanted=()
if [ "${FAULTS:-0}" = 1 ]; then
    # a cluster that fails over: etcd, Patroni, and the server that Debian has
    command -v etcd >/dev/null || wanted+=(etcd-server)
    command -v patroni >/dev/null || wanted+=(patroni)
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || wanted+=(postgresql)
    # the proxies of docs/proxy.md
    command -v nginx >/dev/null || wanted+=(nginx-light)
    command -v caddy >/dev/null || wanted+=(caddy)
    what="fault" without="make test leaves failover and proxies out"
elif [ "${POSTGRES:-0}" = 1 ]; then
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || wanted+=(pgbouncer)
    what="PostgreSQL" without="or leave them out with: make test-sqlite"
elif [ "${BROWSER:-1}" = 0 ]; then
    echo "Anlan: BROWSER=0, the browser tests are left out"
    exit 0
else
    what="browser" without="or leave them out with: make test BROWSER=0"
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || wanted+=(chromium)
    [ -n "$(find /usr/lib /lib -name 'libatomic.so.1' -print -quit 2>/dev/null)" ] || wanted+=(libatomic1)
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/root}/.fonts" \
        \( -iname '*cjk*' -o -iname 'wqy*' \) -print -quit 2>/dev/null)" ] || wanted+=(fonts-wqy-microhei)
fi

[ ${#wanted[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Anlan: installing Debian packages for the tests: ${wanted[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
else
    echo "Anlan: the $what tests need: ${wanted[*]}" >&2
    echo "Run: sudo apt-get install ${wanted[*]}    $without" >&2
    exit 1
fi
