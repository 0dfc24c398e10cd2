# A bot in Python that says again what it hears, over RabbitMQ.
#
#     pip install aio-pika
#     python3 echo_amqp.py amqp://guest:guest@127.0.0.1:5672/ chatter chatter-exchange
import asyncio, json, sys, uuid
import aio_pika

async def main(url, world="chatter", exchange="chatter-exchange"):
    channel = await (await aio_pika.connect(url)).channel()
    exchange = await channel.get_exchange(exchange, ensure=False)
    replies = await channel.get_queue("amq.rabbitmq.reply-to", ensure=False)
    waiting = {}
    async def replied(message):
        waiting.pop(message.correlation_id).set_result(json.loads(message.body))
    await replies.consume(replied, no_ack=True)
    async def ask(**request):
        number, reply = uuid.uuid4().hex, asyncio.get_running_loop().create_future()
        waiting[number] = reply
        body = json.dumps(request).encode()
        message = aio_pika.Message(body, correlation_id=number, reply_to="amq.rabbitmq.reply-to")
        await exchange.publish(message, routing_key=f"{world}.directory")
        return await reply
    bot = await ask(type="register")
    print("I am", bot["name"], flush=True)
    async def heard(message):
        async with message.process():
            line = json.loads(message.body)
            if "text" in line and "from" in line:
                print(line["from"] + ":", line["text"], flush=True)
                await ask(type="say", key=bot["key"], conversation=line["conversationId"], message=line["id"],
                          text="You say: " + line["text"], last=line["order"] >= 9)
    await (await channel.get_queue(bot["inbox"], ensure=False)).consume(heard)
    await ask(type="open", key=bot["key"], text="Hello, I am an echo.")
    while True:
        await asyncio.sleep(bot["leaseSeconds"] / 4)
        await ask(type="renew", key=bot["key"])

asyncio.run(main(*sys.argv[1:]))
