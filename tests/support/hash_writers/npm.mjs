// Hashes by packages of npm, one JSON object a line: scheme, password, hash, writer.
import argon2 from "argon2";
import argon2Before from "argon2-before";
import aspnet from "aspnetcore-identity-password-hasher";
import bcrypt from "bcrypt";
import bcryptjs from "bcryptjs";
import drupal from "drupal-hash";
import { FirebaseScrypt } from "firebase-scrypt";
import { hash as rust } from "@node-rs/argon2";
import { hashPassword } from "@better-auth/utils/password";

const [, , passwords, firebase] = process.argv.map((text, place) => (place > 1 ? JSON.parse(text) : text));
const salt = "42xEC+ixf3L2lw==";
const scrypt = new FirebaseScrypt({
  memCost: firebase.mem_cost,
  rounds: firebase.rounds,
  saltSeparator: firebase.base64_salt_separator,
  signerKey: firebase.base64_signer_key,
});
const record = async (password) =>
  JSON.stringify({ passwordHash: await scrypt.hash(password, salt), salt, ...firebase });
const writers = [
  ["argon2", "argon2", (password) => argon2.hash(password)],
  ["argon2", "argon2-before", (password) => argon2Before.hash(password)],
  ["argon2", "@node-rs/argon2", (password) => rust(password)],
  ["bcrypt", "bcrypt", (password) => bcrypt.hash(password, 4)],
  ["bcrypt", "bcryptjs", (password) => bcryptjs.hash(password, 4)],
  ["better_auth", "@better-auth/utils", hashPassword],
  ["drupal7", "drupal-hash", (password) => drupal.hashPassword(password)],
  ["firebase_scrypt", "firebase-scrypt", record],
  ["aspnet_identity", "aspnetcore-identity-password-hasher", (password) => aspnet.hash(password)],
];
for (const [scheme, writer, write] of writers)
  for (const password of passwords) {
    const hash = String(await write(password));
    console.log(JSON.stringify({ scheme, password, hash, writer: `npm ${writer}` }));
  }
