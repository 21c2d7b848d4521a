#!/bin/sh
# starcedu: people sign up and in, with a session cookie. Needs USERBUS_URL alone.
set -eu
jar=$(mktemp) && trap 'rm -f "$jar"' EXIT
call() { curl --silent --show-error --cookie "$jar" --cookie-jar "$jar" --header "Content-Type: application/json" "$@"; echo; }
person="{\"username\": \"curl_$$_$(date +%s)@example.com\", \"password\": \"testpass\"}"
call --data "$person" "$USERBUS_URL/api/local/user/signup"
call --data "$person" "$USERBUS_URL/api/local/user/signin"
call "$USERBUS_URL/api/local/user/me"
call "$USERBUS_URL/api/local/user/signout"
call "$USERBUS_URL/api/local/user/me" # 401: nobody is signed in any more
