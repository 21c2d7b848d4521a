# bunny: see ../test_programs.py.
require 'bunny'
require 'json'
require 'securerandom'

REPLIES = 'amq.rabbitmq.reply-to'

connection = Bunny.new(ENV.fetch('USERBUS_AMQP_URL')).start
channel = connection.create_channel
replies, events = Queue.new, Queue.new
queue = channel.queue('', exclusive: true).bind('userbus.events', routing_key: 'user.created')
queue.subscribe { |_delivery, _properties, payload| events << JSON.parse(payload) }
channel.basic_consume(REPLIES, '', true) { |_delivery, _properties, payload| replies << JSON.parse(payload) }

exchange = channel.exchange('userbus.commands', passive: true)
first, second = ARGV.map { |username| JSON.generate(username: username) }
exchange.publish(first, routing_key: 'user.create', reply_to: REPLIES, message_id: SecureRandom.uuid)
puts "created #{replies.pop.dig('data', 'id')}"
event = events.pop
puts "heard #{event['type']} #{event['subject']}"
exchange.publish(second, routing_key: 'user.create', reply_to: REPLIES)
puts "refused #{replies.pop.dig('problem', 'code')}"
connection.close
