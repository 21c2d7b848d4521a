// HTTP: POST /users creates a user, GET /users/<id> shows one.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { NAME, Refused, type Bus, type Kind, type Problem } from "./bus.js";
import type { CreateUser } from "./contracts/user.create.js";
import type { Directory } from "./directory.js";

const STATUS: Record<Kind, number> = {
  invalid: 400, unauthenticated: 401, denied: 403, not_found: 404, conflict: 409, throttled: 429, unavailable: 503,
  internal: 502,
};
const LARGEST = 65_536; // userbus takes no larger command
const KEY = /^[\x21-\x7e]{1,200}$/;

export function createApi(bus: Bus, directory: Directory): Server {
  return createServer((request, response) => {
    answer(request, bus, directory).then(
      ([status, body]) => send(response, status, body),
      (error) => (error instanceof Refused ? refuse(response, error.problem) : fail(response, error)),
    );
  });
}

async function answer(request: IncomingMessage, bus: Bus, directory: Directory): Promise<[number, object]> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (request.method === "POST" && pathname === "/users") {
    return [201, await bus.ask("user.create", await readBody(request), messageId(request))];
  }
  const id = /^\/users\/([0-9]{1,15})$/.exec(pathname)?.[1];
  if (request.method !== "GET" || id === undefined) throw problem("not_found", "POST /users or GET /users/<id>");
  const user = directory.get(Number(id));
  if (user === undefined && !directory.isComplete) throw problem("unavailable", "users are still being read");
  if (user === undefined) throw problem("not_found", `there is no user ${id}`);
  return [200, user];
}

/** The caller's Idempotency-Key makes the command's message_id: sent again, it is answered again and done once. */
function messageId(request: IncomingMessage): string {
  const key = request.headers["idempotency-key"];
  if (typeof key !== "string" || !KEY.test(key)) {
    throw problem("invalid", "give the header Idempotency-Key: 1 to 200 visible ASCII characters, new for each user");
  }
  return `${NAME}-${key}`;
}

/** Any JSON object: userbus checks its fields, and says in `details` which of them are wrong. */
async function readBody(request: IncomingMessage): Promise<CreateUser> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    if ((size += part.length) > LARGEST) throw problem("invalid", `the body must not exceed ${LARGEST} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString()) as CreateUser;
  } catch {
    throw problem("invalid", "the body must be JSON");
  }
}

function problem(kind: Kind, message: string): Refused {
  return new Refused({ kind, code: `${NAME}.${kind}`, message });
}

function refuse(response: ServerResponse, problem: Problem): void {
  const wait = (problem.details as { retry_after?: number } | null | undefined)?.retry_after;
  if (problem.kind === "throttled" || problem.kind === "unavailable") {
    response.setHeader("Retry-After", Math.ceil(wait ?? 1));
  }
  send(response, STATUS[problem.kind] ?? 502, problem);
}

function fail(response: ServerResponse, error: unknown): void {
  console.error(error);
  send(response, 500, { kind: "internal", code: `${NAME}.internal`, message: "a fault of this service" });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
