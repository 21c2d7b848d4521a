// amqplib: see ../test_programs.py.
import { randomUUID } from 'node:crypto';
import { once, EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

const amqp = createRequire(`${process.env.CLIENTS_INSTALLED}/`)('amqplib');
const [exchange, replyTo] = ['userbus.commands', 'amq.rabbitmq.reply-to'];
const [first, second] = process.argv.slice(2).map((username) => Buffer.from(JSON.stringify({ username })));

const connection = await amqp.connect(process.env.USERBUS_AMQP_URL);
const channel = await connection.createChannel();
const arrived = new EventEmitter();
const { queue } = await channel.assertQueue('', { exclusive: true });
await channel.bindQueue(queue, 'userbus.events', 'user.created');
await channel.consume(queue, (message) => arrived.emit('event', JSON.parse(message.content)), { noAck: true });
await channel.consume(replyTo, (message) => arrived.emit('reply', JSON.parse(message.content)), { noAck: true });

const event = once(arrived, 'event');
channel.publish(exchange, 'user.create', first, { messageId: randomUUID(), replyTo });
const [created] = await once(arrived, 'reply');
console.log('created', created.data.id);
const [heard] = await event;
console.log('heard', heard.type, heard.subject);
channel.publish(exchange, 'user.create', second, { replyTo });
const [refused] = await once(arrived, 'reply');
console.log('refused', refused.problem.code);
await connection.close();
