import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.rabbitmq.client.Delivery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Takes a user who is disabled out of every group: the README lists its settings. */
public final class Leavers {
    /** The id of an event, and of the user whom it is about. */
    private record Event(String id, long userId) {
        static Event read(byte[] body) throws NoEvent {
            try {
                var event = JsonParser.parseString(new String(body, StandardCharsets.UTF_8)).getAsJsonObject();
                JsonElement id = event.get("id");
                JsonElement userId = event.getAsJsonObject("data").get("id");
                if (id.getAsJsonPrimitive().isString() && userId.getAsJsonPrimitive().isNumber()) {
                    return new Event(id.getAsString(), userId.getAsBigDecimal().longValueExact());
                }
            } catch (JsonParseException | IllegalStateException | ClassCastException | NullPointerException
                    | ArithmeticException unreadable) {
                throw new NoEvent();
            }
            throw new NoEvent();
        }
    }

    private static final class NoEvent extends Exception {
        private static final long serialVersionUID = 1;

        NoEvent() {
            super("no event of userbus: id must be a text, data.id a number");
        }
    }

    /** Take the user of one event out of all groups, and acknowledge it. */
    private static void take(Bus bus, Delivery message) throws IOException, InterruptedException, Bus.Stopped {
        try {
            var event = Event.read(message.getBody());
            take(bus, message, event);
        } catch (NoEvent error) {
            bus.deadLetter(message, error.getMessage());
        }
        bus.acknowledge(message);
    }

    private static void take(Bus bus, Delivery message, Event event)
            throws IOException, InterruptedException, Bus.Stopped {
        try {
            // The same event makes the same command: that is all there is to do against repeats, and needs no database.
            JsonObject left = bus.ask("group.leave", Map.of("user_id", event.userId()), Bus.NAME + "-" + event.id());
            Bus.log("user " + event.userId() + " left the groups " + left.get("ids") + ", by event " + event.id());
        } catch (Bus.Refused refused) {
            if (refused.code.equals("user.not_found")) { // gone before we came: nothing is left to do
                Bus.log("user " + event.userId() + " is gone");
            } else {
                bus.deadLetter(message, "group.leave was refused: " + refused.getMessage());
            }
        }
    }

    public static void main(String[] args) throws InterruptedException {
        var url = System.getenv("USERBUS_AMQP_URL");
        if (url == null || url.isEmpty()) {
            System.err.println("Set USERBUS_AMQP_URL, such as amqp://user:password@host:5672.");
            System.exit(1);
        }
        var seconds = Double.parseDouble(System.getenv().getOrDefault("LEAVERS_ANSWER_SECONDS", "10"));
        var stopping = new AtomicBoolean();
        var main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping.set(true);
            try {
                main.join(); // the event in hand first
            } catch (InterruptedException ignored) {
                Thread.currentThread().interrupt();
            }
            Runtime.getRuntime().halt(0);
        }));
        while (!stopping.get()) {
            try (var bus = new Bus(url, Duration.ofMillis((long) (1000 * seconds)), stopping::get)) {
                bus.consume("user.disabled", event -> take(bus, event));
            } catch (Bus.Stopped stopped) {
                Bus.log("stopped; the event that was not answered comes again");
            } catch (Exception error) {
                Bus.log("the connection to RabbitMQ is lost: " + error + "; connecting again");
                Thread.sleep(1000);
            }
        }
    }
}
