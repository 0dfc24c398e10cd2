// A bot in JavaScript that says again what it hears, over a WebSocket.
//
//     node --experimental-websocket echo.mjs http://127.0.0.1:8000     (Node.js 22 needs no flag)
const server = process.argv[2] ?? "http://127.0.0.1:8000";
const answer = await fetch(`${server}/api/bots`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ type: "register" }),
});
const { name, key } = await answer.json();
console.log(`I am ${name}`);
const socket = new WebSocket(`${server.replace(/^http/, "ws")}/api/bots/connect?key=${key}`);
const send = (request) => socket.send(JSON.stringify(request));
socket.onopen = () => send({ type: "open", text: "Hello, I am an echo." });
socket.onmessage = ({ data }) => {
  const { type, conversation, message, from, order, text, detail } = JSON.parse(data);
  if (type === "heard") {
    console.log(`${from}: ${text}`);
    send({ type: "say", conversation, message, text: `You say: ${text}`, last: order >= 9 });
  } else if (type === "error") console.log(detail);
};
