<?php
// Gives every new user a role: `php newcomers.php`; the README lists its settings.
declare(strict_types=1);

require 'PhpAmqpLib/autoload.php'; // with Composer: __DIR__ . '/vendor/autoload.php'
require __DIR__ . '/Bus.php';

use PhpAmqpLib\Exception\AMQPExceptionInterface;
use PhpAmqpLib\Message\AMQPMessage;

/** The id of an event, and of the user whom it is about. */
function readEvent(string $body): array
{
    $event = json_decode($body, true);
    if (!is_string($event['id'] ?? null) || !is_int($event['data']['id'] ?? null)) {
        throw new UnexpectedValueException('no event of userbus: id must be a text, data.id a number');
    }
    return [$event['id'], $event['data']['id']];
}

/** Give the role to the user of one event, and acknowledge it. */
function take(Bus $bus, AMQPMessage $message, int $roleId): void
{
    try {
        [$eventId, $userId] = readEvent($message->getBody());
        // The same event makes the same command: that is all there is to do against repeats, and it needs no database.
        $bus->ask('role.assign', ['user_id' => $userId, 'role_ids' => [$roleId]], Bus::NAME . "-$eventId");
        Bus::log("user $userId has role $roleId, by event $eventId");
    } catch (UnexpectedValueException $error) {
        $bus->deadLetter($message, $error->getMessage());
    } catch (Refused $refused) {
        if ($refused->problem['code'] === 'user.not_found') { // gone before we came: nothing is left to do
            Bus::log("user $userId is gone");
        } else {
            $bus->deadLetter($message, "role.assign was refused: {$refused->getMessage()}");
        }
    }
    $message->ack();
}

[$url, $role] = [(string) getenv('USERBUS_AMQP_URL'), (string) getenv('NEWCOMERS_ROLE_ID')];
if ($url === '' || !ctype_digit($role)) {
    fwrite(STDERR, "Set USERBUS_AMQP_URL, such as amqp://user:password@host:5672, and NEWCOMERS_ROLE_ID, a number.\n");
    exit(1);
}
$seconds = (float) (getenv('NEWCOMERS_ANSWER_SECONDS') ?: 10);
$stopping = false;
pcntl_async_signals(true);
foreach ([SIGTERM, SIGINT] as $signal) {
    pcntl_signal($signal, function () use (&$stopping) {
        $stopping = true;
    });
}
while (!$stopping) {
    try {
        $bus = new Bus($url, $seconds, function () use (&$stopping) {
            return $stopping;
        });
        $bus->consume('user.created', fn (AMQPMessage $message) => take($bus, $message, (int) $role));
    } catch (Stopped) {
        Bus::log('stopped; the event that was not answered comes again');
    } catch (AMQPExceptionInterface $error) {
        Bus::log("the connection to RabbitMQ is lost: {$error->getMessage()}; connecting again");
        sleep(1);
    }
}
