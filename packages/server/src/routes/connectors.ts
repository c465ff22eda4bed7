import { isMailError, MailError, type Receipt, type SmtpConnection } from "@edgepost/core";
import { appsmith, type Connector, dronahq, k2view, prismatic, windmill } from "@edgepost/core/connectors";
import { Hono } from "hono";
import * as z from "zod";
import type { ConnectionChoice } from "../connections/connections.ts";
import type { RequestContext, Services } from "../context.ts";
import { parseBody } from "../http/parse-body.ts";
import { RequestProblem } from "../http/problem.ts";
import { readJson } from "../http/read-json.ts";
import { requireScope } from "../keys/scopes.ts";
import type { SendAnswer } from "../messages/answer.ts";
import { readIdempotency, replay } from "../messages/idempotency.ts";
import { send } from "../messages/send.ts";

const CONNECTORS: ReadonlyMap<string, Connector<unknown, unknown, unknown>> = new Map(
  Object.entries({ windmill, k2view, prismatic, appsmith, dronahq }) as [
    string,
    Connector<unknown, unknown, unknown>,
  ][],
);

const form = z.record(z.string(), z.unknown());

export const connectorBodySchema = z
  .strictObject({
    connection: z
      .union([z.string(), form], {
        error: "must be the name of a stored connection, or the platform's connection form",
      })
      .optional()
      .describe("The name of a stored connection, or the platform's own connection form."),
    message: form.describe("The platform's own form for sending."),
  })
  .meta({ id: "ConnectorBody" });

/** `POST /v1/connectors/{platform}/send`: the forms of other platforms, with their field names and answers. */
export function connectorRoutes(services: Services): Hono<RequestContext> {
  return new Hono<RequestContext>().post("/:platform/send", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const platform = c.req.param("platform");
    const connector = CONNECTORS.get(platform);
    if (connector === undefined) throw unknownPlatform();
    const { json, bytes } = await readJson(c.req.raw, services.limits);
    const forms = parseBody(connectorBodySchema, json);

    const { connection, written } = readConnection(connector, forms.connection);
    const message = below("message", () => connector.message(forms.message, written));
    const body = { connection, recipients: undefined, message, issues: [] };
    const route = `/v1/connectors/${platform}/send`;
    const idempotency = await readIdempotency(c.req.header("idempotency-key"), route, bytes);
    const { answer, first } = await send(services, { key, body, idempotency });
    if (first !== undefined) c.set("replayed", true);
    const sent = first === undefined ? answer : replay(first, idempotency);
    return c.json(connector.response?.(toReceipt(sent)) ?? sent);
  });
}

/** Names choose a stored connection, also as Windmill writes the path of a resource: `$res:team/alerts`. */
function readConnection(
  connector: Connector<unknown, unknown, unknown>,
  given: string | Record<string, unknown> | undefined,
): { readonly connection: ConnectionChoice; readonly written?: Record<string, unknown> } {
  if (given === undefined) return { connection: undefined };
  if (typeof given === "string") return { connection: given.replace(/^\$res:/, "") };
  const connection = below("connection", (): SmtpConnection => connector.connection(given));
  return { connection, written: given };
}

/** Issues of a form, where it is in the body. */
function below<Result>(at: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isMailError(error)) throw error;
    const { code, message, phase } = error;
    const issues = error.issues?.map((issue) => ({ ...issue, path: issue.path === "" ? at : `${at}.${issue.path}` }));
    throw new MailError(code, message, { phase, issues });
  }
}

function toReceipt({ messageId, accepted, rejected, unknown, reply, size, downgrades }: SendAnswer): Receipt {
  const recipients = { accepted, rejected, ...(unknown !== undefined && { unknown }) };
  return { messageId, ...recipients, reply: reply ?? undefined, transport: "endpoint", size, downgrades };
}

function unknownPlatform(): RequestProblem {
  return new RequestProblem("not-found", `There are connectors for ${[...CONNECTORS.keys()].join(", ")}.`);
}
