// userbus over AMQP: a connection that comes back, and requests that are sent until they are answered.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type ConfirmChannel, type ConsumeMessage } from "amqplib";
import type { CreateUser } from "./contracts/user.create.js";
import type { UserView } from "./contracts/user.create.reply.js";
import type { SearchUsers } from "./contracts/user.search.js";
import type { UserPage } from "./contracts/user.search.reply.js";

export const NAME = "desk"; // its RabbitMQ user, where userbus has a list of services
const REPLIES = "amq.rabbitmq.reply-to";

/** The requests that this service sends: what it asks with, and what `done` brings. */
interface Requests {
  "user.create": { body: CreateUser; data: UserView };
  "user.search": { body: SearchUsers; data: UserPage };
}

export type Kind =
  | "invalid" | "unauthenticated" | "denied" | "not_found" | "conflict" | "throttled" | "unavailable" | "internal";

export interface Problem {
  kind: Kind;
  code: string;
  message: string;
  details?: unknown;
}

type Reply = { status: "done"; data: unknown } | { status: "failed"; problem: Problem };

/** A request that was refused, or that nobody has answered in time (`unavailable`). */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.kind}, ${problem.code}: ${problem.message}`);
  }
}

export interface Times {
  /** Milliseconds until a request without an answer is sent again. */
  attempt: number;
  /** Milliseconds until the caller is told that there is no answer. */
  total: number;
}

export class Bus {
  private channel: ConfirmChannel | undefined;
  private readonly waiting = new Map<string, (reply: Reply) => void>();
  private readonly user: string;

  constructor(private readonly url: string, private readonly times: Times) {
    this.user = decodeURIComponent(new URL(url).username) || "guest";
  }

  /** Keep a connection open until `stopping`; `serve` sets up each new channel and ends when there is no more to do. */
  async keepOpen(serve: (channel: ConfirmChannel) => Promise<void>, stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      try {
        await this.session(serve, stopping);
      } catch (error) {
        console.error(`no userbus: ${error}; connecting again`);
      }
      if (!stopping.aborted) await sleep(1000);
    }
  }

  /**
   * Send a request; the data of its answer. While it is unanswered or `unavailable` it is sent again under its
   * message_id: userbus carries a command out once. Throws Refused.
   */
  async ask<Name extends keyof Requests>(
    name: Name, body: Requests[Name]["body"], messageId: string = randomUUID(),
  ): Promise<Requests[Name]["data"]> {
    const deadline = Date.now() + this.times.total;
    for (let pause = 100; ; pause = Math.min(2 * pause, 2000)) {
      const reply = await this.askOnce(name, body, messageId, deadline);
      if (reply.status === "done") return reply.data as Requests[Name]["data"];
      if (reply.problem.kind !== "unavailable" || Date.now() + pause >= deadline) throw new Refused(reply.problem);
      await sleep(pause);
    }
  }

  private async session(serve: (channel: ConfirmChannel) => Promise<void>, stopping: AbortSignal): Promise<void> {
    const connection = await connect(this.url);
    const lost = new Promise<void>((resolve) => connection.once("close", () => resolve()));
    connection.on("error", (error) => console.error(`RabbitMQ: ${error}`));
    const stop = () => void connection.close().catch(() => undefined);
    stopping.addEventListener("abort", stop, { once: true });
    try {
      const channel = await connection.createConfirmChannel();
      channel.on("error", (error) => console.error(`RabbitMQ: ${error}`));
      channel.once("close", stop); // such as by a consumer timeout: the session begins anew
      channel.on("return", (message) => this.answer(message.properties.correlationId, unavailable("no queue takes it")));
      await channel.consume(REPLIES, (message) => this.receive(message), { noAck: true });
      this.channel = channel;
      await serve(channel);
      await lost;
    } finally {
      this.channel = undefined;
      stopping.removeEventListener("abort", stop);
      stop();
    }
  }

  private askOnce(name: string, body: object, messageId: string, deadline: number): Promise<Reply> {
    const { channel } = this;
    if (channel === undefined) return Promise.resolve(unavailable("RabbitMQ is not connected"));
    const correlationId = randomUUID();
    return new Promise<Reply>((resolve) => {
      const left = Math.min(this.times.attempt, deadline - Date.now());
      const timer = setTimeout(() => this.answer(correlationId, unavailable("nobody has answered in time")), left);
      this.waiting.set(correlationId, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      channel.publish("userbus.commands", name, Buffer.from(JSON.stringify(body)), {
        contentType: "application/json",
        type: name,
        messageId,
        correlationId,
        replyTo: REPLIES,
        appId: NAME,
        userId: this.user,
        headers: { "x-deadline": deadline },
        persistent: true,
        mandatory: true,
      }, (error) => error && this.answer(correlationId, unavailable("RabbitMQ did not take it")));
    });
  }

  private receive(message: ConsumeMessage | null): void {
    if (message) this.answer(message.properties.correlationId, JSON.parse(message.content.toString()) as Reply);
  }

  private answer(correlationId: string, reply: Reply): void {
    this.waiting.get(correlationId)?.(reply);
    this.waiting.delete(correlationId);
  }
}

function unavailable(message: string): Reply {
  return { status: "failed", problem: { kind: "unavailable", code: `${NAME}.no_answer`, message } };
}
