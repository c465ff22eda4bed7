#!/bin/sh
# Sends one message with a file over the endpoint, and asks what became of it.
# EDGEPOST_URL and EDGEPOST_API_KEY say where it is and who asks; "default" is one of its connections.
set -eu
authorization="authorization: Bearer $EDGEPOST_API_KEY"

# The same Idempotency-Key makes it safe to run this again: nothing is sent twice.
answer=$(curl --fail-with-body --silent --show-error "$EDGEPOST_URL/v1/messages" \
  --header "$authorization" --header "idempotency-key: ${1:-invoice-7}" \
  --form 'message={
    "connection": "default",
    "from": "Acme <billing@acme.com>",
    "to": ["ada@example.com", { "name": "Grace", "address": "grace@example.com" }],
    "subject": "Your invoice",
    "text": "Dear customer, the invoice is attached."
  };type=application/json' \
  --form 'file=@invoice.txt;type=text/plain')
echo "$answer"

id=$(echo "$answer" | sed 's/.*"id":"\([^"]*\)".*/\1/')
curl --fail-with-body --silent --show-error "$EDGEPOST_URL/v1/messages/$id" --header "$authorization"
echo
