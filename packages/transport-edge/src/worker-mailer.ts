/**
 * The worker-mailer package behind our contract.
 *
 * @module @edgepost/transport-edge/worker-mailer
 */
export { workerMailerTransport } from "./worker-mailer/worker-mailer-transport.ts";
