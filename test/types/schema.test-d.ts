/**
 * The JSON forms and the handwritten interfaces cannot drift apart: this file does not compile when they do.
 * Checked by `tsc -p tsconfig.json`; there is nothing to run.
 */
import type { MessageDefaults, MessageInput, SmtpConnection } from "@edgepost/core";
import type { connectionSchema, messageSchema } from "@edgepost/core/schema";

type Output<Schema extends { readonly _zod: { readonly output: unknown } }> = Schema["_zod"]["output"];
type Message = Output<typeof messageSchema>;
type Connection = Output<typeof connectionSchema>;

/** Compiles when `Actual` is a subtype of `Expected`. */
type Assert<Expected, Actual extends Expected> = Actual;

/** What the schemas let through is what `send` and `parseConnection` take. */
export type MessageIsInput = Assert<MessageInput, Message>;
export type ConnectionIsInput = Assert<SmtpConnection, Connection>;

/** A field that is added to an interface is added to its schema, and the other way round. */
type SameKeys<Left, Right> = [Exclude<keyof Left, keyof Right>, Exclude<keyof Right, keyof Left>];
export type MessageHasEveryField = Assert<[never, never], SameKeys<MessageInput, Message>>;
export type ConnectionHasEveryField = Assert<[never, never], SameKeys<SmtpConnection, Connection>>;
export type SectionsHaveEveryField = [
  Assert<[never, never], SameKeys<MessageDefaults, NonNullable<Connection["defaults"]>>>,
  Assert<[never, never], SameKeys<NonNullable<SmtpConnection["tls"]>, NonNullable<Connection["tls"]>>>,
  Assert<[never, never], SameKeys<NonNullable<SmtpConnection["timeouts"]>, NonNullable<Connection["timeouts"]>>>,
  Assert<[never, never], SameKeys<NonNullable<SmtpConnection["pool"]>, NonNullable<Connection["pool"]>>>,
  Assert<[never, never], SameKeys<NonNullable<MessageInput["dsn"]>, NonNullable<Message["dsn"]>>>,
  Assert<[never, never], SameKeys<NonNullable<MessageInput["calendar"]>, NonNullable<Message["calendar"]>>>,
  Assert<[never, never], SameKeys<NonNullable<MessageInput["envelope"]>, NonNullable<Message["envelope"]>>>,
  Assert<
    [never, never],
    SameKeys<NonNullable<MessageInput["listUnsubscribe"]>, NonNullable<Message["listUnsubscribe"]>>
  >,
];

/** The words of every choice are the same on both sides. */
type Same<Left, Right> = [Exclude<Left, Right>, Exclude<Right, Left>];
export type ChoicesAreTheSame = [
  Assert<[never, never], Same<SmtpConnection["security"], Connection["security"]>>,
  Assert<[never, never], Same<MessageInput["priority"], Message["priority"]>>,
  Assert<[never, never], Same<MessageInput["autoSubmitted"], Message["autoSubmitted"]>>,
  Assert<
    [never, never],
    Same<
      NonNullable<NonNullable<SmtpConnection["auth"]>["methods"]>[number],
      NonNullable<NonNullable<Connection["auth"]>["methods"]>[number]
    >
  >,
];
