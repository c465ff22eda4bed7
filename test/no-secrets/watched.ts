import type { MailError } from "@edgepost/core";
import type { Connect, SmtpSocket } from "@edgepost/core/smtp";
import type * as Auth from "../../packages/core/src/connection/auth.ts";
import type * as Errors from "../../packages/core/src/errors.ts";
import type * as Sessions from "../../packages/core/src/smtp/open-session.ts";
import type * as Credentials from "../../packages/core/src/smtp/sasl/credentials.ts";
import type * as Trace from "../../packages/core/src/smtp/trace.ts";
import type * as App from "../../packages/server/src/app.ts";
import type * as Dialogues from "../../packages/transport-node/src/nodemailer/dialogue.ts";
import { CANARY, NO_SECRET } from "../support/credentials.ts";
import { textOf } from "../support/secrets.ts";
import { look, lookAtStream, lookInClear, report } from "./leaks.ts";

// The modules in which what must show no secret is made, each with an eye on it. They do as they always did.

/** Every error there is, when it is made: also one that nobody catches, or whose fields nobody reads. */
export function errors(module: typeof Errors): typeof Errors {
  const MailError = new Proxy(module.MailError, {
    construct: (target, args, newTarget) => seen(Reflect.construct(target, args, newTarget)),
  });
  return { ...module, MailError, inputError: (...args) => seen(module.inputError(...args)) };
}

/** Every line of every dialogue, whether there is a `trace` hook or not. */
export function traces(module: typeof Trace): typeof Trace {
  class WatchedTrace extends module.Trace {
    override add(entry: Parameters<Trace.Trace["add"]>[0]): void {
      look("a trace", typeof entry === "string" ? entry : entry.text);
      super.add(entry);
    }
  }
  return { ...module, Trace: WatchedTrace };
}

/** The same of dialogues that nodemailer holds. */
export function dialogues(module: typeof Dialogues): typeof Dialogues {
  class WatchedDialogue extends module.Dialogue {
    constructor(host: string, hook: ((line: string) => void) | undefined) {
      super(host, (line) => {
        look("a trace", line);
        hook?.(line);
      });
    }
  }
  return { ...module, Dialogue: WatchedDialogue };
}

/** Every credential of a connection is one that the others here would notice. */
export function connections(module: typeof Auth): typeof Auth {
  return {
    ...module,
    parseAuth(fields) {
      const auth = module.parseAuth(fields);
      const credential = auth?.password ?? auth?.accessToken;
      if (typeof credential === "string") expectCanary(credential);
      return auth;
    },
  };
}

/** The same of tokens that come of a function. */
export function tokens(module: typeof Credentials): typeof Credentials {
  return {
    ...module,
    async readToken(auth) {
      const token = await module.readToken(auth);
      if (typeof auth.accessToken === "function") expectCanary(token);
      return token;
    },
  };
}

/** What the engine writes before a handshake, to whatever server: one in memory, or one in another process. */
export function sessions(module: typeof Sessions): typeof Sessions {
  return {
    ...module,
    openSession(connect, options, signal) {
      const watched: Connect = async (target, connectOptions) => {
        const socket = await connect(target, connectOptions);
        if (target.secure !== "implicit") watchWrites(socket);
        return socket;
      };
      return module.openSession(watched, options, signal);
    },
  };
}

/** Every entry of the log of every server of this process. */
export function servers(module: typeof App): typeof App {
  return {
    ...module,
    createServer: (options) =>
      module.createServer({
        ...options,
        log(entry) {
          look("the server's log", JSON.stringify(entry));
          options.log?.(entry);
        },
      }),
  };
}

function seen(error: MailError): MailError {
  look(`the MailError ${error.code}`, textOf(error));
  return error;
}

function expectCanary(credential: string): void {
  // What stands for a stored password, and what the examples leave out, are none.
  if (credential.includes(CANARY) || ["********", "…", NO_SECRET].includes(credential)) return;
  report(`a credential of ${credential.length} characters has no "${CANARY}" in it, so that nobody would see it leak`);
}

/** The stream stays the one it was, with the same pressure back on who writes. */
function watchWrites({ writable }: SmtpSocket): void {
  const see = lookAtStream("a session of the engine without TLS", lookInClear);
  const getWriter = writable.getWriter;
  writable.getWriter = () => {
    const writer = getWriter.call(writable);
    const write = writer.write;
    writer.write = (chunk) => {
      if (chunk !== undefined) see(chunk);
      return write.call(writer, chunk);
    };
    return writer;
  };
}
