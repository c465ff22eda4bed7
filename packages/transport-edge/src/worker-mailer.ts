export { workerMailerTransport } from "./worker-mailer/worker-mailer-transport.ts";
