import { parseConnection } from "@edgepost/core";
import { expect, test } from "vitest";
import { sharedContext } from "../../packages/transport-node/src/sockets/tls-context.ts";
import { testCertificates } from "../support/tls.ts";

const { ca, client, stranger } = await testCertificates();

test("parses the certificates of a transport once, and those of another one for itself", () => {
  const [one, other] = [ca, ca].map(
    (authority) => parseConnection({ host: "mail.example", tls: { ca: authority } }).tls,
  );
  if (one === undefined || other === undefined) throw new Error("There are two.");
  const context = sharedContext(one);
  expect(context).toBeDefined();
  expect(sharedContext(one)).toBe(context);
  expect(sharedContext(other)).not.toBe(context);
});

test("leaves it to the handshake to say what is wrong with a key", () => {
  const { tls } = parseConnection({ host: "mail.example", tls: { cert: client.cert, key: stranger.key } });
  expect(sharedContext(tls)).toBeUndefined();
});
