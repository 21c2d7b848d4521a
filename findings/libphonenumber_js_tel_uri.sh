#!/usr/bin/env bash
# libphonenumber-js refuses the same tel: URI every second time it is asked.
#
# npm libphonenumber-js 1.13.16 and google-libphonenumber 3.2.47.
# Guessed: "tel:13800138000;phone-context=+86" is parsed always, as google-libphonenumber does.
# Seen: calls 1, 3, 5 answer +8613800138000, calls 2, 4, 6 NOT_A_NUMBER; another URI in between is hit instead. The
#   state is shared by all of the process. Without phone-context every call answers.
# For a service like ours: a peer's "not a number" may come from its library; send plain +86... numbers, never tel: URIs.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --loglevel error --no-audit --no-fund libphonenumber-js@1.13.16 google-libphonenumber@3.2.47
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const { parsePhoneNumberWithError } = require('libphonenumber-js');
const { PhoneNumberUtil, PhoneNumberFormat } = require('google-libphonenumber');

const google = PhoneNumberUtil.getInstance();
const parsers = {
  'libphonenumber-js': (text) => parsePhoneNumberWithError(text, 'CN').number,
  'google-libphonenumber': (text) => google.format(google.parse(text, 'CN'), PhoneNumberFormat.E164),
};

function sixTimes(parse, text) {
  return Array.from({ length: 6 }, () => {
    try {
      return parse(text);
    } catch (error) {
      return error.message;
    }
  });
}

const seen = {};
for (const [name, parse] of Object.entries(parsers)) {
  for (const text of ['tel:13800138000;phone-context=+86', 'tel:+86-138-0013-8000']) {
    seen[`${name} ${text}`] = sixTimes(parse, text);
    console.log(`${name} ${text}\n  ${seen[`${name} ${text}`].join(' ')}`);
  }
}
const parsed = '+8613800138000';
const [alternating, ...others] = Object.values(seen);
const pair = [parsed, 'NOT_A_NUMBER'];
assert.deepStrictEqual(alternating, [...pair, ...pair, ...pair], 'the behaviour has changed');
for (const answers of others) assert.deepStrictEqual(answers, Array(6).fill(parsed), 'the behaviour has changed');
JAVASCRIPT
