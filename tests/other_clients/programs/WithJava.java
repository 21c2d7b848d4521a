// Java's client of RabbitMQ: see ../test_programs.py.

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.CancelCallback;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DeliverCallback;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

public final class WithJava {
    private static final String REPLIES = "amq.rabbitmq.reply-to";
    private static final CancelCallback CANCELLED = tag -> { };

    private static DeliverCallback into(BlockingQueue<JsonObject> arrived) {
        return (tag, delivery) ->
            arrived.add(JsonParser.parseString(new String(delivery.getBody(), UTF_8)).getAsJsonObject());
    }

    private static byte[] body(String username) {
        var user = new JsonObject();
        user.addProperty("username", username);
        return user.toString().getBytes(UTF_8);
    }

    public static void main(String[] args) throws Exception {
        var factory = new ConnectionFactory();
        factory.setUri(System.getenv("USERBUS_AMQP_URL"));
        var replies = new LinkedBlockingQueue<JsonObject>();
        var events = new LinkedBlockingQueue<JsonObject>();
        try (var connection = factory.newConnection(); var channel = connection.createChannel()) {
            var queue = channel.queueDeclare().getQueue();
            channel.queueBind(queue, "userbus.events", "user.created");
            channel.basicConsume(queue, true, into(events), CANCELLED);
            channel.basicConsume(REPLIES, true, into(replies), CANCELLED);
            var withId = new BasicProperties.Builder().messageId(UUID.randomUUID().toString()).replyTo(REPLIES).build();
            channel.basicPublish("userbus.commands", "user.create", withId, body(args[0]));
            System.out.println("created " + replies.take().getAsJsonObject("data").get("id"));
            var event = events.take();
            System.out.println("heard " + event.get("type").getAsString() + " " + event.get("subject").getAsString());
            var withoutId = new BasicProperties.Builder().replyTo(REPLIES).build();
            channel.basicPublish("userbus.commands", "user.create", withoutId, body(args[1]));
            System.out.println("refused " + replies.take().getAsJsonObject("problem").get("code").getAsString());
        }
    }
}
