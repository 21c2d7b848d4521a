// Prints as JSON what AsyncAPI's parser says of a document, and the operations that it found in it.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const operations = document?.operations().all().map((each) => ({ id: each.id(), replies: each.reply() !== undefined }));
console.log(JSON.stringify({ diagnostics, operations }));
