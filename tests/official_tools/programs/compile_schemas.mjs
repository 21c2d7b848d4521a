// Compiles JSON Schemas of 2020-12 in Ajv's strict mode; prints as JSON what it refuses, by file.
import { readFileSync } from "node:fs";
import addFormats from "ajv-formats";
import Ajv from "ajv/dist/2020.js";

const refused = {};
for (const file of process.argv.slice(2)) {
  const ajv = new Ajv.default({ strict: true, strictRequired: false, strictTypes: true });
  addFormats.default(ajv);
  try {
    ajv.compile(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    refused[file] = error.message;
  }
}
console.log(JSON.stringify(refused));
