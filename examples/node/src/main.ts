// Runs the service until SIGTERM or Ctrl-C; the README lists its settings.
import type { AddressInfo } from "node:net";
import { createApi } from "./api.js";
import { Bus } from "./bus.js";
import { Directory } from "./directory.js";

const { USERBUS_AMQP_URL: url, DESK_PORT = "8100", DESK_ATTEMPT_MS = "2000", DESK_TOTAL_MS = "10000" } = process.env;
if (!url) throw new Error("set USERBUS_AMQP_URL, such as amqp://user:password@host:5672");

const bus = new Bus(url, { attempt: Number(DESK_ATTEMPT_MS), total: Number(DESK_TOTAL_MS) });
const directory = new Directory();
const server = createApi(bus, directory);
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // requests in hand are answered before the connection to RabbitMQ is closed
  process.once(signal, () => server.close(() => stopping.abort()));
}
server.listen(Number(DESK_PORT), "127.0.0.1", () => {
  console.error(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
await bus.keepOpen((channel) => directory.fill(bus, channel), stopping.signal);
