#!/bin/sh
# Every way a call can end, and what its caller then does. Needs USERBUS_URL and USERBUS_TOKEN, as `make up` writes them.
set -eu
: "${USERBUS_URL:?}" "${USERBUS_TOKEN:?}"
answer=$(mktemp) && head=$(mktemp) && trap 'rm -f "$answer" "$head"' EXIT
token=$USERBUS_TOKEN
mark="$$_$(date +%s)"

# ask KEY PATH [option of curl ...]: one call. No answer, 429, 500, 503 and 504 are sent again by curl itself, after Retry-After or
# a growing pause; under the same key userbus does a command once, however often it comes. No answer in the end is 000.
ask() {
    key=$1 path=$2 && shift 2
    status=$(curl --silent --max-time "${USERBUS_ANSWER_SECONDS:-10}" --retry 5 --retry-connrefused --output "$answer" \
        --dump-header "$head" --write-out '%{http_code}' --header "Authorization: Bearer $token" \
        --header "Content-Type: application/json" --header "Idempotency-Key: $key" "$@" "$USERBUS_URL$path") || status=000
}

# Says what the answer was and what follows from it. passport answers 200 with a `code`; the README has the other dialects.
tell() {
    case "$status $(sed -n 's/^{"code": *\([1-9][0-9]*\),.*/\1/p' "$answer")" in
        "200 ") did="done: go on" ;;
        "200 403" | 401*) did="unauthenticated: sign in again, or get another token" ;;
        "200 300020"[67]) did="denied: stop, and ask who runs userbus" ;;
        404*) did="not_found: what this was about is gone, so let go of it" ;;
        409*) did="conflict: decide anew, another key with other fields" ;;
        417* | 423* | 429*) did="throttled: again in $(tr -d '\r' <"$head" | sed -n 's/^retry-after: //Ip') s, under the same key" ;;
        503* | 504* | 000*) did="unavailable: keep it, and send it later under the same key" ;;
        500* | "200 1002") did="internal: keep it, and tell who runs userbus" ;;
        *) did="invalid: mend the program, sending it again does not help" ;;
    esac
    echo "$status $did"
}

user="{\"username\": \"curl_$mark\", \"usertype\": \"user\"}"
admin="{\"name\": \"Ada\", \"email\": \"curl_$mark@example.com\", \"mobile\": \"18311413962\", \"position\": \"CTO\", \"password\": \"correct-6\"}"

ask "create-$mark" /user --data "$user" --max-time 0.002 --retry 0; echo "silence: nobody knows whether it was done"
ask "create-$mark" /user --data "$user"; tell; first=$(cat "$answer")
ask "create-$mark" /user --data "$user"; tell; [ "$status $(cat "$answer")" = "200 $first" ] && echo "the same answer: done once"
ask "another-$mark" /user --data "$user"; tell
ask "create-$mark" /user --data '{"username": "curl", "usertype": "user"}'; tell # a key is for one command
ask "mistake-$mark" /user --data '{"usertype": "user"}'; tell
ask - "/user/nobody_$mark"; tell
token=unknown; ask - "/user/curl_$mark"; tell; token=$USERBUS_TOKEN
ask "admin-$mark" /v1/user/create --data "$admin"; tell
ask "login-$mark" /v1/user/login --data "$admin"; tell
token=$(sed 's/.*"access_token": *"\([^"]*\)".*/\1/' "$answer")
ask - /v1/user/search; tell # Ada has no role of an administrator
sms="{\"telephone\": \"139$(date +%s | tail -c 9)\"}"
ask "sms-$mark" /v1/identity/sms --data "$sms"; tell
ask "sms-again-$mark" /v1/identity/sms --data "$sms"; tell
