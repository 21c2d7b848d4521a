#!/bin/sh
# foreseen: users and their notification accounts. Needs USERBUS_URL and USERBUS_TOKEN, as `make up` writes them.
set -eu
call() { curl --silent --show-error --header "Authorization: Bearer $USERBUS_TOKEN" --header "Content-Type: application/json" --data "$2" --request "$1" "$USERBUS_URL$3"; echo; }
name="curl_$$_$(date +%s)"
call POST "{\"name\": \"lark_$name\", \"secrets\": [\"s3cret\"]}" /integration
call POST "{\"username\": \"$name\", \"usertype\": \"user\", \"accounts\": [{\"integration\": \"lark_$name\", \"account_id\": \"ou_1\"}]}" /user
curl --silent --show-error --header "Authorization: Bearer $USERBUS_TOKEN" "$USERBUS_URL/user/$name"; echo
call POST "{\"username\": \"$name\", \"usertype\": \"user\"}" /user # taken: an error_code, and nothing has changed
