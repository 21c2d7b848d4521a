<?php
// Hashes by PHP's own functions and by WordPress's phpass, one JSON object a line.
[, $passwords, $phpass] = $argv;
require $phpass;
$portable = new PasswordHash(8, true);
$writers = [
    ['bcrypt', 'PHP', fn($it) => password_hash($it, PASSWORD_BCRYPT, ['cost' => 4])],
    ['argon2', 'PHP', fn($it) => password_hash($it, PASSWORD_ARGON2ID)],
    ['argon2', 'PHP', fn($it) => password_hash($it, PASSWORD_ARGON2I)],
    ['sha512_crypt', 'PHP', fn($it) => crypt($it, '$6$rounds=5000$0123456789abcdef$')],
    ['phpass', 'WordPress', fn($it) => $portable->HashPassword(trim($it))],
    ['wordpress', 'PHP as WordPress 6.8', fn($it) => '$wp' . password_hash(
        base64_encode(hash_hmac('sha384', trim($it), 'wp-sha384', true)), PASSWORD_BCRYPT, ['cost' => 4])],
];
foreach ($writers as [$scheme, $writer, $write]) {
    foreach (json_decode($passwords) as $password) {
        $made = ['scheme' => $scheme, 'password' => $password, 'hash' => $write($password), 'writer' => $writer];
        echo json_encode($made, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
    }
}
