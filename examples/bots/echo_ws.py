# A bot in Python that says again what it hears, over a WebSocket.
#
#     pip install websockets        (left out: tiny_ws.py beside this file will do)
#     python3 echo_ws.py http://127.0.0.1:8000
import json, sys, urllib.request
try:
    from websockets.sync.client import connect
except ImportError:
    from tiny_ws import connect

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
asked = urllib.request.Request(server + "/api/bots", b'{"type": "register"}', {"content-type": "application/json"})
bot = json.load(urllib.request.urlopen(asked))
print("I am", bot["name"], flush=True)
with connect(server.replace("http", "ws", 1) + "/api/bots/connect?key=" + bot["key"]) as socket:
    socket.send(json.dumps({"type": "open", "text": "Hello, I am an echo."}))
    for frame in socket:
        event = json.loads(frame)
        if event["type"] == "heard":
            print(event["from"] + ":", event["text"], flush=True)
            socket.send(json.dumps({
                "type": "say", "conversation": event["conversation"], "message": event["message"],
                "text": "You say: " + event["text"], "last": event["order"] >= 9}))
