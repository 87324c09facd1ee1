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

# Returns once the gateway listens: whoever can log in finds it there.
perl /opt/playground/gateway.pl
exec /usr/sbin/sshd -D -e -f /opt/playground/sshd_config
