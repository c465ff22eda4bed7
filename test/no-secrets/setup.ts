/**
 * No test of this suite, whatever it is about, shows a credential in a trace, an error, a log or on a socket without TLS.
 * Run before every test file (`setupFiles` in vitest.config.ts); a test that showed one fails when it ends.
 */
import { afterAll, afterEach, vi } from "vitest";
import { takeLeaks } from "./leaks.ts";
import { watchOutput } from "./output.ts";
import { watchSockets } from "./sockets.ts";
import * as watched from "./watched.ts";

watchOutput();
watchSockets();

// What has no channel of Node's is watched where it is made, so that nothing depends on what a test looks at.
vi.mock(import("../../packages/core/src/errors.ts"), async (load) => watched.errors(await load()));
vi.mock(import("../../packages/core/src/smtp/trace.ts"), async (load) => watched.traces(await load()));
vi.mock(import("../../packages/core/src/smtp/open-session.ts"), async (load) => watched.sessions(await load()));
vi.mock(import("../../packages/core/src/connection/auth.ts"), async (load) => watched.connections(await load()));
vi.mock(import("../../packages/core/src/smtp/sasl/credentials.ts"), async (load) => watched.tokens(await load()));
vi.mock(import("../../packages/transport-node/src/nodemailer/dialogue.ts"), async (load) =>
  watched.dialogues(await load()),
);
vi.mock(import("../../packages/server/src/app.ts"), async (load) => watched.servers(await load()));

afterEach(failOnLeaks);
afterAll(failOnLeaks); // what came after the last test

function failOnLeaks(): void {
  const leaks = takeLeaks();
  if (leaks.length > 0) throw new Error(`A credential was shown:\n${leaks.map((leak) => `  ${leak}`).join("\n")}`);
}
