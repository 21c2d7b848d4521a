#!/bin/sh
# passport: administrators and their roles. Needs USERBUS_URL and USERBUS_TOKEN, as `make up` writes them.
set -eu
call() { curl --silent --show-error --header "Authorization: Bearer $USERBUS_TOKEN" --header "Content-Type: application/json" "$@"; echo; }
email="curl_$$_$(date +%s)@example.com"
person="{\"name\": \"admin\", \"email\": \"$email\", \"mobile\": \"18311413962\", \"position\": \"技术负责人\", \"password\": \"correct-6\"}"
call --data "$person" "$USERBUS_URL/v1/user/create"
call --get --data-urlencode "email=$email" "$USERBUS_URL/v1/user/search"
call --data "$person" "$USERBUS_URL/v1/user/create" # the e-mail address is taken: code 3000205
