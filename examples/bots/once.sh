#!/bin/sh
# A bot in shell, with curl alone: comes, opens a conversation, reads the answer, leaves.
#
#     sh once.sh http://127.0.0.1:8000
# What is said to it could as well be taken from its inbox on RabbitMQ: amqp-get -q INBOX
set -eu
server=${1:-http://127.0.0.1:8000}
ask() { curl -fsS "$server/api/bots" -H 'content-type: application/json' -d "$1"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
bot=$(ask '{"type":"register"}')
key=$(printf %s "$bot" | field key)
echo "I am $(printf %s "$bot" | field name)"
until opened=$(ask "{\"type\":\"open\",\"key\":\"$key\",\"text\":\"Is anybody there?\"}" 2>/dev/null); do sleep 1; done
talk=$(printf %s "$opened" | field conversation)
until lines=$(curl -fsS "$server/api/conversations/$talk/messages") && printf %s "$lines" | grep -q '"order":2'; do
  ask "{\"type\":\"renew\",\"key\":\"$key\"}" >/dev/null; sleep 1
done
echo "$(printf %s "$opened" | field with) answered: $(printf %s "$lines" | sed 's/"order":1,[^}]*//' | field text)"
ask "{\"type\":\"leave\",\"key\":\"$key\"}"; echo
