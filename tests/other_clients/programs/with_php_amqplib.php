<?php
// php-amqplib: see ../test_programs.py.
declare(strict_types=1);

require 'PhpAmqpLib/autoload.php';

use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Message\AMQPMessage;

const REPLIES = 'amq.rabbitmq.reply-to';

$url = parse_url(getenv('USERBUS_AMQP_URL'));
[$password, $host] = [rawurldecode($url['pass']), rawurldecode(substr($url['path'] ?? '/%2F', 1))];
$connection = new AMQPStreamConnection($url['host'], $url['port'], $url['user'], $password, $host);
$channel = $connection->channel();
$arrived = [];
$take = function (string $kind) use (&$arrived): Closure {
    return function (AMQPMessage $message) use ($kind, &$arrived) {
        $arrived[$kind] = json_decode($message->getBody());
    };
};
$wait = function (string $kind) use ($channel, &$arrived): object {
    while (!isset($arrived[$kind])) {
        $channel->wait();
    }
    $found = $arrived[$kind];
    unset($arrived[$kind]);
    return $found;
};
[$queue] = $channel->queue_declare('', exclusive: true);
$channel->queue_bind($queue, 'userbus.events', 'user.created');
$channel->basic_consume($queue, no_ack: true, callback: $take('event'));
$channel->basic_consume(REPLIES, no_ack: true, callback: $take('reply'));

[, $body, $secondBody] = array_map(fn (string $username) => json_encode(['username' => $username]), $argv);
$publish = fn (AMQPMessage $message) => $channel->basic_publish($message, 'userbus.commands', 'user.create');
$id = bin2hex(random_bytes(16));
$publish(new AMQPMessage($body, ['message_id' => $id, 'reply_to' => REPLIES]));
echo 'created ', $wait('reply')->data->id, "\n";
$event = $wait('event');
echo "heard $event->type $event->subject\n";
$publish(new AMQPMessage($secondBody, ['reply_to' => REPLIES]));
echo 'refused ', $wait('reply')->problem->code, "\n";
$connection->close();
