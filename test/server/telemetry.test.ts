import { MailError } from "@edgepost/core";
import type { Attributes, Span, SpanOptions, Tracer } from "@opentelemetry/api";
import { INVALID_SPAN_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { MESSAGE, testEndpoint } from "./endpoint.ts";

interface Recorded {
  readonly name: string;
  readonly kind: SpanKind | undefined;
  attributes: Attributes;
  status?: SpanStatusCode;
  isEnded: boolean;
}

/** A tracer by the interfaces of `@opentelemetry/api`: it remembers. */
function recorder(): { readonly tracer: Tracer; readonly spans: Recorded[] } {
  const spans: Recorded[] = [];
  const startSpan = (name: string, { kind, attributes = {} }: SpanOptions = {}): Span => {
    const recorded: Recorded = { name, kind, attributes, isEnded: false };
    spans.push(recorded);
    return Object.assign(trace.wrapSpanContext(INVALID_SPAN_CONTEXT), {
      setAttributes(this: Span, more: Attributes) {
        recorded.attributes = { ...recorded.attributes, ...more };
        return this;
      },
      setStatus(this: Span, { code }: { code: SpanStatusCode }) {
        recorded.status = code;
        return this;
      },
      end() {
        recorded.isEnded = true;
      },
    });
  };
  return { tracer: { startSpan, startActiveSpan: () => undefined as never }, spans };
}

test("an attempt is a span that names its server, its message and its outcome, and nobody's address", async () => {
  const { tracer, spans } = recorder();
  const { ask } = testEndpoint({ telemetry: { tracer } });
  const { body } = await ask("POST", "/v1/messages", MESSAGE);
  const attributes = { "server.address": "mail.example.com", "edgepost.message_id": body.id, "edgepost.attempt": 1 };
  expect(spans).toMatchObject([{ name: "edgepost.attempt", kind: SpanKind.CLIENT, attributes, isEnded: true }]);
  expect(JSON.stringify(spans)).not.toMatch(/@|Hi/);
});

test("an attempt that failed is one with the code and the phase of its error", async () => {
  const { tracer, spans } = recorder();
  const { ask } = testEndpoint({
    telemetry: { tracer },
    send: async () => {
      throw new MailError("sender-rejected", "No.", { phase: "mail", reply: { code: 550, text: "No" } });
    },
  });
  await ask("POST", "/v1/messages", MESSAGE);
  const attributes = { "error.type": "sender-rejected", "edgepost.phase": "mail", "smtp.reply.code": 550 };
  expect(spans).toMatchObject([{ attributes, status: SpanStatusCode.ERROR, isEnded: true }]);
});

test("a tracer that throws costs no message", async () => {
  const startSpan = () => {
    throw new Error("out of order");
  };
  const { ask } = testEndpoint({ telemetry: { tracer: { startSpan } } });
  expect((await ask("POST", "/v1/messages", MESSAGE)).body.success).toBe(true);
});
