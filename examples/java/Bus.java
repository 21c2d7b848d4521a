import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Date;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** userbus over AMQP: a queue of events, commands that are sent until they are answered, dead letters. */
final class Bus implements AutoCloseable {
    /** Its RabbitMQ user, where userbus has a list of services; its queues begin with it. */
    static final String NAME = "leavers";

    private static final String REPLIES = "amq.rabbitmq.reply-to";
    private static final long FIRST_PAUSE = 200;
    private static final long LONGEST_PAUSE = 30_000;
    private static final int PERSISTENT = 2;

    private final Duration patience;
    private final BooleanSupplier isStopping;
    private final String user;
    private final Connection connection;
    private final Channel commands;
    private final Channel events;
    private final BlockingQueue<Delivery> arrived = new LinkedBlockingQueue<>();
    private volatile String asked = "";
    private volatile CompletableFuture<JsonObject> reply = new CompletableFuture<>();

    /** A command that was refused: sending it again does not help. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        final String code;

        Refused(JsonObject problem) {
            super(text(problem, "kind") + ", " + text(problem, "code") + ": " + text(problem, "message"));
            code = text(problem, "code");
        }
    }

    /** We are told to stop while userbus does not answer; the event stays in the queue. */
    static final class Stopped extends Exception {
        private static final long serialVersionUID = 1;
    }

    /** What takes an event, and acknowledges it by {@link #acknowledge}. */
    interface Taker {
        void take(Delivery event) throws IOException, InterruptedException, Stopped;
    }

    Bus(String url, Duration patience, BooleanSupplier isStopping) throws Exception {
        this.patience = patience;
        this.isStopping = isStopping;
        var factory = new ConnectionFactory();
        factory.setUri(url);
        factory.setAutomaticRecoveryEnabled(false); // whoever made us makes another one, so that nothing is half alive
        user = factory.getUsername();
        connection = factory.newConnection(NAME);
        commands = connection.createChannel();
        commands.confirmSelect();
        commands.addReturnListener(returned -> reply.complete(unavailable("no queue takes it")));
        commands.addConfirmListener((tag, many) -> {}, (tag, many) -> reply.complete(unavailable("its queue is full")));
        commands.basicConsume(REPLIES, true, (tag, message) -> receive(message), tag -> {});
        events = connection.createChannel();
        events.confirmSelect(); // for dead letters
    }

    /** Take events from a durable queue of our own, one at a time, until we are told to stop. */
    void consume(String event, Taker taker) throws IOException, InterruptedException, Stopped {
        var dead = NAME + ".dead";
        events.exchangeDeclare(dead, "fanout", true);
        events.queueDeclare(dead, true, false, false, Map.of("x-queue-type", "quorum"));
        events.queueBind(dead, dead, "");
        var queue = NAME + ".events";
        events.queueDeclare(queue, true, false, false, Map.of(
            "x-queue-type", "quorum",
            "x-delivery-limit", 50, // an event during which this program ended so many times is a dead letter
            "x-dead-letter-exchange", dead));
        events.queueBind(queue, "userbus.events", event);
        events.basicQos(1);
        events.basicConsume(queue, false, (tag, message) -> arrived.add(message), tag -> {});
        log("waiting for events in " + queue);
        while (!isStopping.getAsBoolean()) {
            requireOpen();
            var message = arrived.poll(1, TimeUnit.SECONDS);
            if (message != null) {
                taker.take(message);
            }
        }
    }

    void acknowledge(Delivery event) throws IOException {
        events.basicAck(event.getEnvelope().getDeliveryTag(), false);
    }

    /**
     * The data of a command's answer. While there is none, or none yet, the command is sent again under the same
     * message_id: userbus carries it out once, and answers every time.
     */
    JsonObject ask(String name, Map<String, Object> body, String messageId)
            throws IOException, InterruptedException, Refused, Stopped {
        for (var pause = FIRST_PAUSE; !isStopping.getAsBoolean(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
            var answer = askOnce(name, body, messageId);
            if (text(answer, "status").equals("done")) {
                return answer.getAsJsonObject("data");
            }
            var problem = answer.getAsJsonObject("problem");
            var kind = text(problem, "kind");
            if (!kind.equals("unavailable") && !kind.equals("throttled")) {
                throw new Refused(problem);
            }
            log(name + ": " + text(problem, "message") + "; asking again");
            Thread.sleep(retryAfter(problem, pause));
        }
        throw new Stopped();
    }

    /** Keep an event in the queue of dead letters, with the reason as header. */
    void deadLetter(Delivery event, String reason) throws IOException, InterruptedException {
        log("dead letter: " + reason);
        var properties = new AMQP.BasicProperties.Builder()
            .contentType("application/cloudevents+json")
            .deliveryMode(PERSISTENT)
            .headers(Map.of("x-reason", reason.substring(0, Math.min(reason.length(), 1000))))
            .build();
        events.basicPublish(NAME + ".dead", "", properties, event.getBody());
        try {
            events.waitForConfirmsOrDie(10_000);
        } catch (TimeoutException late) {
            throw new IOException("RabbitMQ does not confirm the dead letter", late);
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }

    static void log(String text) {
        System.err.println(text);
    }

    private JsonObject askOnce(String name, Map<String, Object> body, String messageId)
            throws IOException, InterruptedException {
        requireOpen();
        reply = new CompletableFuture<>();
        asked = UUID.randomUUID().toString();
        var now = System.currentTimeMillis();
        var properties = new AMQP.BasicProperties.Builder()
            .contentType("application/json")
            .type(name)
            .messageId(messageId)
            .correlationId(asked)
            .replyTo(REPLIES)
            .appId(NAME)
            .userId(user)
            .timestamp(new Date(now))
            .deliveryMode(PERSISTENT)
            .headers(Map.of("x-deadline", now + patience.toMillis()))
            .build();
        var text = new Gson().toJson(body).getBytes(StandardCharsets.UTF_8);
        commands.basicPublish("userbus.commands", name, true, properties, text);
        try {
            return reply.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            return unavailable("nobody has answered within " + patience.toMillis() + " ms");
        } catch (ExecutionException failed) {
            throw new IOException("the reply is no JSON object", failed.getCause());
        }
    }

    private void receive(Delivery message) {
        if (!asked.equals(message.getProperties().getCorrelationId())) {
            return; // it answers what we have asked again since
        }
        try {
            var text = new String(message.getBody(), StandardCharsets.UTF_8);
            reply.complete(JsonParser.parseString(text).getAsJsonObject());
        } catch (RuntimeException unreadable) {
            reply.completeExceptionally(unreadable);
        }
    }

    private void requireOpen() throws IOException {
        if (!connection.isOpen() || !commands.isOpen() || !events.isOpen()) {
            throw new IOException("it is closed");
        }
    }

    private static long retryAfter(JsonObject problem, long pause) {
        var details = problem.get("details");
        var hasWait = details != null && details.isJsonObject() && details.getAsJsonObject().has("retry_after");
        return hasWait ? (long) (1000 * details.getAsJsonObject().get("retry_after").getAsDouble()) : pause;
    }

    private static JsonObject unavailable(String message) {
        var problem = Map.of("kind", "unavailable", "code", NAME + ".no_answer", "message", message);
        return new Gson().toJsonTree(Map.of("status", "failed", "problem", problem)).getAsJsonObject();
    }

    private static String text(JsonObject object, String field) {
        return object.get(field).getAsString();
    }
}
