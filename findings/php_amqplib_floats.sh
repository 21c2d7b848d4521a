#!/usr/bin/env bash
# php-amqplib sends a floating-point header as text.
#
# php-amqplib 3.5.3 and PHP 8.2 of Debian 12; pika 1.4.4 reads. Only codecs run, no broker.
# Guessed: 0.25 is written as a double (d), as it is by the clients for Python, Node, Ruby and Java.
# Seen: as a long string (S): 0.25 as "0.25", 3.0 as "3", which no longer shows that it was a float, 1e-20 as "1.0E-20";
#   inside lists and tables too, and without an error. PHP itself reads doubles of others as floats.
# For a service like ours: read a number in a header from text as well; bindings of a headers exchange that compare with a
#   number never match such a message.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pika==1.4.4
# Debian's packages, unpacked into the temporary folder; PHP runs from there.
apt-get -qq download php8.2-cli=8.2.36-1~deb12u1 php8.2-mbstring=8.2.36-1~deb12u1 php-amqplib=3.5.3-1 libargon2-1 libicu72 \
  libonig5 libsodium23 libxml2 2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
libraries=$(find "$work/unpacked" -name libsodium.so.23 -printf '%h')
LD_LIBRARY_PATH=$libraries unpacked/usr/bin/php8.2 -n \
  -d extension="$(find "$work/unpacked" -name mbstring.so)" -- "$work/unpacked/usr/share/php" > tables <<'PHP'
<?php
spl_autoload_register(function ($name) use ($argv) { require $argv[1] . '/' . strtr($name, '\\', '/') . '.php'; });
foreach ([0.25, 3.0, 1e-20, [1.5, ['x' => -2.5]], 3] as $value) {
    $writer = new PhpAmqpLib\Wire\AMQPWriter();
    $writer->write_table(new PhpAmqpLib\Wire\AMQPTable(['value' => $value]));
    echo bin2hex($writer->getvalue()), "\n";
}
PHP
venv/bin/python <<'PYTHON'
from pathlib import Path

from pika.data import decode_table

read = [decode_table(bytes.fromhex(line), 0)[0]["value"] for line in Path("tables").read_text().split()]
for sent, value in zip(("0.25", "3.0", "1e-20", "[1.5, ['x' => -2.5]]", "3"), read, strict=True):
    print(f"{sent} arrives as {value!r}")
assert read == ["0.25", "3", "1.0E-20", ["1.5", {"x": "-2.5"}], 3], "the behaviour has changed"
PYTHON
