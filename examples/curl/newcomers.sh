#!/bin/sh
# Gives every new user a role: takes one delivery of a webhook, as standard input and output; the README says how to run it.
# Needs USERBUS_URL, USERBUS_TOKEN, WEBHOOK_SECRET and NEWCOMERS_ROLE_ID; curl, jq and openssl.
set -eu
role=${NEWCOMERS_ROLE_ID:?is the number of the role}
event=$(mktemp) && said=$(mktemp) && trap 'rm -f "$event" "$said"' EXIT
answer() { printf 'HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$1" && echo "${id:--} $1, $2" >&2 && exit; }

id='' at='' signatures='' length=0
while IFS= read -r line && line=$(printf %s "$line" | tr -d '\r') && [ -n "$line" ]; do
    case $(printf %s "${line%%:*}" | tr '[:upper:]' '[:lower:]') in
        webhook-id) id=${line#*: } ;;
        webhook-timestamp) at=${line#*: } ;;
        webhook-signature) signatures=${line#*: } ;;
        content-length) length=${line#*: } ;;
    esac
done
case $length in *[!0-9]* | ???????*) answer "413 Payload Too Large" "no delivery is so long" ;; esac
head -c "$length" >"$event"

# that userbus has sent this, and within the last five minutes
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=$({ printf %s "$id.$at." && cat "$event"; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
case " $signatures " in *" v1,$signature "*) ;; *) answer "401 Unauthorized" "not signed by userbus" ;; esac
[ "$((($(date +%s) - at) / 300))" = 0 ] || answer "401 Unauthorized" "too old, or from the future"

user=$(jq -r 'select(.type == "userbus.user.created.v1").data.id' "$event")
[ "$user" ] || answer "204 No Content" "nothing to do"

# The event's id is the key: when the same event comes again, userbus answers as before and does nothing.
status=$(curl --silent --max-time 8 --output "$said" --write-out '%{http_code}' --header "Authorization: Bearer $USERBUS_TOKEN" \
    --header "Content-Type: application/json" --header "Idempotency-Key: newcomers-$id" \
    --data "{\"ids\": [$role]}" "$USERBUS_URL/api/user/$user/role") || status=000
case "$status $(jq -r .message "$said" 2>/dev/null)" in
    200*) answer "204 No Content" "user $user has role $role" ;;
    "404 user not found") answer "204 No Content" "user $user is gone" ;;
    *) answer "503 Service Unavailable" "the role was not given: $status $(cat "$said")" ;; # userbus delivers it again
esac
