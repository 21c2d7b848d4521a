// Reads an event with the CloudEvents SDK, strictly; prints it as JSON.
import { readFileSync } from "node:fs";
import { HTTP } from "cloudevents";

const event = HTTP.toEvent({
  headers: { "content-type": "application/cloudevents+json" },
  body: readFileSync(process.argv[2], "utf8"),
});
event.validate();
console.log(JSON.stringify({ id: event.id, type: event.type, subject: event.subject, sequence: event.sequence, data: event.data }));
