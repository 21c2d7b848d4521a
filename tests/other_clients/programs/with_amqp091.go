// amqp091-go: see ../test_programs.py.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	amqp "github.com/rabbitmq/amqp091-go"
)

const replies = "amq.rabbitmq.reply-to"

type message struct {
	Type    string
	Subject string
	Data    struct{ ID int }
	Problem struct{ Code string }
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func newID() string {
	id := make([]byte, 16)
	must(rand.Read(id))
	return hex.EncodeToString(id)
}

func next(deliveries <-chan amqp.Delivery) (event message) {
	delivery := <-deliveries
	check(json.Unmarshal(delivery.Body, &event))
	return event
}

func main() {
	connection := must(amqp.Dial(os.Getenv("USERBUS_AMQP_URL")))
	defer connection.Close()
	channel := must(connection.Channel())
	queue := must(channel.QueueDeclare("", false, false, true, false, nil))
	check(channel.QueueBind(queue.Name, "user.created", "userbus.events", false, nil))
	heard := must(channel.Consume(queue.Name, "", true, true, false, false, nil))
	answers := must(channel.Consume(replies, "", true, false, false, false, nil))
	ask := func(username string, publishing amqp.Publishing) message {
		publishing.ReplyTo = replies
		publishing.Body = must(json.Marshal(map[string]string{"username": username}))
		background := context.Background()
		check(channel.PublishWithContext(background, "userbus.commands", "user.create", false, false, publishing))
		return next(answers)
	}
	fmt.Println("created", ask(os.Args[1], amqp.Publishing{MessageId: newID()}).Data.ID)
	event := next(heard)
	fmt.Println("heard", event.Type, event.Subject)
	fmt.Println("refused", ask(os.Args[2], amqp.Publishing{}).Problem.Code)
}
