// Hashes of systems that cannot be installed here, computed by node:crypto as their sources compute them.
import crypto from "node:crypto";

const passwords = JSON.parse(process.argv[2]);
const salt = Buffer.from("0123456789abcdef");
const bare = (bytes) => bytes.toString("base64").replace(/=+$/, "");
const digest = (name, ...parts) => crypto.createHash(name).update(Buffer.concat(parts.map((part) => Buffer.from(part))));
const hex = (name, ...parts) => digest(name, ...parts).digest("hex");
const base64 = (name, ...parts) => digest(name, ...parts).digest("base64");
const pbkdf2 = (password, rounds, size, name, from = salt) => crypto.pbkdf2Sync(password, from, rounds, size, name);
const scrypt = (password, N, size) => crypto.scryptSync(password, salt, size, { N, r: 8, p: 1, maxmem: 2 ** 28 });
const both = (from, key) => Buffer.concat([from, key]).toString("hex");
const keycloak = (key, algorithm, hashIterations) =>
  JSON.stringify({
    type: "password",
    secretData: JSON.stringify({ value: key.toString("base64"), salt: salt.toString("base64"), additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations, algorithm, additionalParameters: {} }),
  });
const casdoor = (passwordType, password, passwordSalt) => JSON.stringify({ passwordType, password, passwordSalt });
const pattern = Buffer.from("{SALT}:{PASSWORD}").toString("base64");
const writers = [
  ["keycloak", "Keycloak 24", (it) => keycloak(pbkdf2(it, 210000, 64, "sha512"), "pbkdf2-sha512", 210000)],
  ["keycloak", "Keycloak 23", (it) => keycloak(pbkdf2(it, 27500, 64, "sha256"), "pbkdf2-sha256", 27500)],
  ["casdoor", "Casdoor salt", (it) => casdoor("salt", hex("sha256", hex("sha256", it), "pepper"), "pepper")],
  ["casdoor", "Casdoor salt, none given", (it) => casdoor("salt", hex("sha256", it), "")],
  ["casdoor", "Casdoor sha512-salt", (it) => casdoor("sha512-salt", hex("sha512", hex("sha512", it), "pepper"), "pepper")],
  ["casdoor", "Casdoor md5-salt", (it) => casdoor("md5-salt", hex("md5", hex("md5", it), "pepper"), "pepper")],
  ["casdoor", "Casdoor pbkdf2-salt", (it) =>
    casdoor("pbkdf2-salt", pbkdf2(it, 27500, 64, "sha256").toString("base64"), salt.toString("base64"))],
  ["spring_pbkdf2", "Spring Security 5.8", (it) =>
    `{pbkdf2@SpringSecurity_v5_8}${both(salt, pbkdf2(it, 310000, 32, "sha256"))}`],
  ["spring_pbkdf2", "Spring Security 5.7", (it) =>
    `{pbkdf2}${both(salt.subarray(8), pbkdf2(it, 185000, 32, "sha1", salt.subarray(8)))}`],
  ["spring_pbkdf2", "user-mgmt", (it) => both(salt.subarray(8), pbkdf2(it, 185000, 32, "sha256", salt.subarray(8)))],
  ["spring_scrypt", "Spring Security 5.8", (it) =>
    `{scrypt@SpringSecurity_v5_8}$100801$${salt.toString("base64")}$${scrypt(it, 65536, 32).toString("base64")}`],
  ["scrypt", "Kratos", (it) =>
    `$scrypt$ln=16384,r=8,p=1$${salt.toString("base64")}$${scrypt(it, 16384, 32).toString("base64")}`],
  ["scrypt", "Zitadel", (it) => `$7$ln=15,r=8,p=1$${bare(salt)}$${bare(scrypt(it, 32768, 32))}`],
  ["kratos_pbkdf2", "Kratos", (it) =>
    `$pbkdf2-sha256$i=100000,l=32$${bare(salt)}$${bare(pbkdf2(it, 100000, 32, "sha256"))}`],
  ["kratos_pbkdf2", "Kratos, SHA3 by the name of SHA2", (it) =>
    `$pbkdf2-sha384$i=1000,l=32$${bare(salt)}$${bare(pbkdf2(it, 1000, 32, "sha3-384"))}`],
  ["pbkdf2", "Zitadel", (it) => `$pbkdf2-sha384$1000$${bare(salt)}$${bare(pbkdf2(it, 1000, 48, "sha384"))}`],
  ["kratos_digest", "Kratos", (it) =>
    `$sha256$pf=${pattern}$${salt.toString("base64")}$${base64("sha256", salt, ":", it)}`],
  ["kratos_digest", "Kratos", (it) => `$md5$${base64("md5", it)}`],
  ["kratos_hmac", "Kratos", (it) => {
    const made = crypto.createHmac("sha256", salt).update(it).digest("hex");
    return `$hmac-sha256$${Buffer.from(made).toString("base64")}$${salt.toString("base64")}`;
  }],
  ["md5salted", "Zitadel", (it) => `$md5salted-suffix$pepper$${base64("md5", it, "pepper")}`],
  ["logto", "Logto", (it) => JSON.stringify(["sha256", ["pepper", "@"], hex("sha256", "pepper", it)])],
  ["logto", "Logto", (it) =>
    JSON.stringify(["pbkdf2", ["pepper", "1000", "20", "sha512", "@"],
      pbkdf2(it, 1000, 20, "sha512", "pepper").toString("hex")])],
  ["logto", "passport", (it) => JSON.stringify(["md5", ["a fixed prefix", "@"], hex("md5", "a fixed prefix", it)])],
  ["hex_digest", "Logto MD5", (it) => hex("md5", it)],
  ["hex_digest", "Logto SHA1", (it) => hex("sha1", it)],
  ["hex_digest", "Logto SHA256", (it) => hex("sha256", it)],
];
for (const [scheme, writer, write] of writers)
  for (const password of passwords)
    console.log(JSON.stringify({ scheme, password, hash: write(password), writer: `node:crypto as ${writer}` }));
