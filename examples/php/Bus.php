<?php
// userbus over AMQP: a queue of events, commands that are sent until they are answered, dead letters.
declare(strict_types=1);

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Exception\AMQPTimeoutException;
use PhpAmqpLib\Message\AMQPMessage;
use PhpAmqpLib\Wire\AMQPTable;

/** A command that was refused: sending it again does not help. */
final class Refused extends RuntimeException
{
    /** @param array{kind: string, code: string, message: string} $problem */
    public function __construct(public readonly array $problem)
    {
        parent::__construct("{$problem['kind']}, {$problem['code']}: {$problem['message']}");
    }
}

/** We are told to stop while userbus does not answer; the event stays in the queue. */
final class Stopped extends RuntimeException
{
}

final class Bus
{
    public const NAME = 'newcomers'; // its RabbitMQ user, where userbus has a list of services; its queues begin with it
    private const REPLIES = 'amq.rabbitmq.reply-to';
    private const LONGEST_PAUSE = 30.0;

    private AMQPStreamConnection $connection;
    private AMQPChannel $channel;
    private string $user;
    private string $asked = '';
    /** @var array<string, mixed>|null */
    private ?array $reply = null;

    /** @param callable(): bool $isStopping */
    public function __construct(string $url, private readonly float $seconds, private $isStopping)
    {
        $parts = parse_url($url);
        $this->user = urldecode($parts['user'] ?? 'guest');
        $vhost = urldecode(substr($parts['path'] ?? '', 1)) ?: '/';
        $this->connection = new AMQPStreamConnection(
            $parts['host'], $parts['port'] ?? 5672, $this->user, urldecode($parts['pass'] ?? 'guest'), $vhost,
            connection_timeout: 10.0, read_write_timeout: 130.0, heartbeat: 60,
        );
        $this->channel = $this->connection->channel();
        $this->channel->confirm_select();
        $this->channel->set_return_listener(fn () => $this->reply = self::unavailable('no queue takes it'));
        $this->channel->set_nack_handler(fn () => $this->reply = self::unavailable('its queue is full'));
        $this->channel->basic_consume(self::REPLIES, '', false, true, false, false, $this->receive(...));
    }

    /**
     * Take events from a durable queue of our own, one at a time, until we are told to stop.
     *
     * @param callable(AMQPMessage): void $take
     */
    public function consume(string $event, callable $take): void
    {
        $dead = self::NAME . '.dead';
        $this->channel->exchange_declare($dead, 'fanout', false, true, false);
        $this->channel->queue_declare($dead, false, true, false, false, false, new AMQPTable(['x-queue-type' => 'quorum']));
        $this->channel->queue_bind($dead, $dead);
        $queue = self::NAME . '.events';
        $this->channel->queue_declare($queue, false, true, false, false, false, new AMQPTable([
            'x-queue-type' => 'quorum',
            'x-delivery-limit' => 50, // an event during which this program ended so many times is a dead letter
            'x-dead-letter-exchange' => $dead,
        ]));
        $this->channel->queue_bind($queue, 'userbus.events', $event);
        $this->channel->basic_qos(0, 1, false);
        $arrived = [];
        $this->channel->basic_consume($queue, '', false, false, false, false, function (AMQPMessage $message) use (&$arrived) {
            $arrived[] = $message;
        });
        self::log("waiting for events in $queue");
        while (!($this->isStopping)()) {
            $this->waitFrame(1.0);
            while ($message = array_shift($arrived)) {
                $take($message);
            }
        }
        $this->connection->close();
    }

    /**
     * The data of a command's answer. While there is none, or none yet, the command is sent again under the same
     * message_id: userbus carries it out once, and answers every time.
     *
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     * @throws Refused
     */
    public function ask(string $name, array $body, string $messageId): array
    {
        for ($pause = 0.2; !($this->isStopping)(); $pause = min(2 * $pause, self::LONGEST_PAUSE)) {
            $reply = $this->askOnce($name, $body, $messageId);
            if ($reply['status'] === 'done') {
                return $reply['data'];
            }
            $problem = $reply['problem'];
            if (!in_array($problem['kind'], ['unavailable', 'throttled'], true)) {
                throw new Refused($problem);
            }
            self::log("$name: {$problem['message']}; asking again");
            usleep((int) (1_000_000 * ($problem['details']['retry_after'] ?? $pause)));
        }
        throw new Stopped();
    }

    /** Keep a message in the queue of dead letters, with the reason as header. */
    public function deadLetter(AMQPMessage $message, string $reason): void
    {
        self::log("dead letter: $reason");
        $letter = new AMQPMessage($message->getBody(), [
            'content_type' => 'application/cloudevents+json',
            'delivery_mode' => AMQPMessage::DELIVERY_MODE_PERSISTENT,
            'application_headers' => new AMQPTable(['x-reason' => substr($reason, 0, 1000)]),
        ]);
        $this->channel->basic_publish($letter, self::NAME . '.dead');
        $this->channel->wait_for_pending_acks(10);
    }

    public static function log(string $text): void
    {
        fwrite(STDERR, "$text\n");
    }

    /** @return array<string, mixed> */
    private function askOnce(string $name, array $body, string $messageId): array
    {
        $this->reply = null;
        $this->asked = bin2hex(random_bytes(16));
        $until = microtime(true) + $this->seconds;
        $this->channel->basic_publish(new AMQPMessage(json_encode($body, JSON_THROW_ON_ERROR), [
            'content_type' => 'application/json',
            'type' => $name,
            'message_id' => $messageId,
            'correlation_id' => $this->asked,
            'reply_to' => self::REPLIES,
            'app_id' => self::NAME,
            'user_id' => $this->user,
            'delivery_mode' => AMQPMessage::DELIVERY_MODE_PERSISTENT,
            'application_headers' => new AMQPTable(['x-deadline' => (int) (1000 * $until)]),
        ]), 'userbus.commands', $name, true);
        while ($this->reply === null && ($left = $until - microtime(true)) > 0) {
            $this->waitFrame($left);
        }
        return $this->reply ?? self::unavailable("nobody has answered within {$this->seconds} s");
    }

    private function receive(AMQPMessage $message): void
    {
        if ($message->get('correlation_id') === $this->asked) { // else it answers what we have asked again since
            $this->reply = json_decode($message->getBody(), true, flags: JSON_THROW_ON_ERROR);
        }
    }

    /** Read what RabbitMQ sends within so many seconds. */
    private function waitFrame(float $seconds): void
    {
        try {
            $this->channel->wait(null, false, $seconds);
        } catch (AMQPTimeoutException) {
            $this->connection->checkHeartBeat();
        }
    }

    /** @return array<string, mixed> */
    private static function unavailable(string $message): array
    {
        $problem = ['kind' => 'unavailable', 'code' => self::NAME . '.no_answer', 'message' => $message];
        return ['status' => 'failed', 'problem' => $problem];
    }
}
