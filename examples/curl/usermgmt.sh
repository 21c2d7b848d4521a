#!/bin/sh
# usermgmt: registration with a code by SMS, then sign-in. Needs USERBUS_URL, and USERBUS_SMS_LOG, in which `make up` keeps codes.
set -eu
call() { curl --silent --show-error "$@"; echo; }
number="139$(date +%s | tail -c 9)"
name="Curl_$$_$number"
call --header "Content-Type: application/json" --data "{\"telephone\": \"$number\"}" "$USERBUS_URL/v1/identity/sms"
code=$(grep "$number" "$USERBUS_SMS_LOG" | tail -n 1 | sed 's/.*"code": *"\([0-9]*\)".*/\1/')
call --header "Content-Type: application/json" --data "{\"username\": \"$name\", \"company\": \"company\", \"gender\": \"male\", \"telephone\": \"$number\", \"password\": \"123.qwe\", \"verificationCode\": \"$code\"}" "$USERBUS_URL/v1/users"
call --include --data-urlencode "username=$name" --data-urlencode password=123.qwe "$USERBUS_URL/auth/login"
