#!/bin/sh
# Starts the gateway and becomes sshd, which as process 1 ends with `docker stop` and takes everything along.
set -eu

key=/etc/ssh/playground_host_key

if [ -z "${AUTHORIZED_KEY:-}" ]; then
  echo 'Say who may log in as claw: docker run -e AUTHORIZED_KEY="$(cat ~/.ssh/id_ed25519.pub)" …' >&2
  exit 64
fi
printf '%s\n' "$AUTHORIZED_KEY" >/etc/ssh/playground_authorized_keys

# It outlives restarts, as a server's key does. Printed, so that it can be compared with what a client is shown.
[ -e "$key" ] || ssh-keygen -q -t ed25519 -N '' -C playground -f "$key"
ssh-keygen -lf "$key.pub"

# The gateway runs as the user who logs in, as on a server of one's own, and its configuration is there to be played with.
home=/home/claw
mkdir -p "$home/.openclaw"
[ -e "$home/.openclaw/openclaw.json" ] || cat >"$home/.openclaw/openclaw.json" <<EOF
// The gateway restarts itself when this changes. bind: 'lan' opens it to the network.
{ gateway: { mode: 'local', bind: 'loopback', auth: { mode: 'token', token: 'playground' } } }
EOF
chmod 700 "$home/.openclaw" && chmod 600 "$home/.openclaw/openclaw.json"
chown -R claw: "$home/.openclaw"
log=/run/gateway.log
: >"$log"

# As a service would be: one that ends well is started again, so that it takes another bind from its file.
export OPENCLAW_SYSTEMD_UNIT=openclaw-gateway.service
while HOME=$home setpriv --reuid=claw --regid=claw --clear-groups node /opt/playground/stand-in-gateway/gateway.mjs; do
  sleep 1
done >>"$log" 2>&1 &

# Whoever can log in finds it there.
until grep -q ready "$log"; do
  kill -0 $! || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
exec /usr/sbin/sshd -D -e -f /opt/playground/sshd_config
