#!/bin/sh
# rbac: apps, roles, users and what they may. Needs USERBUS_URL and USERBUS_TOKEN, as `make up` writes them.
set -eu
call() { curl --silent --show-error --header "Authorization: Bearer $USERBUS_TOKEN" --header "Content-Type: application/json" "$@"; echo; }
id() { sed 's/.*"id": *\([0-9]*\).*/\1/'; }
mark="$$_$(date +%s)"
app=$(call --data "{\"code\": \"APP_$mark\", \"name\": \"Shop\"}" "$USERBUS_URL/api/app" | id)
role=$(call --data "{\"app_id\": $app, \"code\": \"ROLE_$mark\", \"name\": \"Seller\"}" "$USERBUS_URL/api/role" | id)
user=$(call --data "{\"email\": \"seller_$mark@example.com\", \"name\": \"Ada\"}" "$USERBUS_URL/api/user" | id)
call --data "{\"ids\": [$role]}" "$USERBUS_URL/api/user/$user/role"
call "$USERBUS_URL/api/user/$user/role"
