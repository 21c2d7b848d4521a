// Creates a user over the bus, by the generated types; prints the reply's data and the event as JSON.
import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import type { CreateUser } from "./models/user.create.js";
import type { UserView } from "./models/user.create.reply.js";
import type { UserCreated } from "./models/event.user.created.v1.js";

type Reply = { status: "done"; data: UserView } | { status: "failed"; problem: { code: string } };

const [url, username] = process.argv.slice(2) as [string, string];
const connection = await connect(url);
const channel = await connection.createChannel();

/** Consume a queue; the function that waits for the first message that is wanted. */
async function consume<Message>(queue: string, wanted: (message: Message) => boolean): Promise<() => Promise<Message>> {
  let resolve: (message: Message) => void;
  const first = new Promise<Message>((found) => (resolve = found));
  await channel.consume(queue, (delivery) => {
    const message = JSON.parse(delivery!.content.toString()) as Message;
    if (wanted(message)) resolve(message);
  }, { noAck: true });
  return () => first;
}

const { queue } = await channel.assertQueue("", { exclusive: true });
await channel.bindQueue(queue, "userbus.events", "user.created");
const event = await consume<UserCreated>(queue, ({ data }) => data.username === username);
const reply = await consume<Reply>("amq.rabbitmq.reply-to", () => true);
const command: CreateUser = { username };
channel.publish("userbus.commands", "user.create", Buffer.from(JSON.stringify(command)), {
  contentType: "application/json",
  messageId: randomUUID(),
  correlationId: "1",
  replyTo: "amq.rabbitmq.reply-to",
});
const answer = await reply();
if (answer.status !== "done") throw new Error(answer.problem.code);
const { id, subject } = await event();
console.log(JSON.stringify({ id: answer.data.id, username: answer.data.username, subject, event: id }));
await connection.close();
