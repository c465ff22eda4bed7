/**
 * Any nodemailer transporter as a transport.
 *
 * @module @edgepost/transport-node/nodemailer
 */
export {
  fromNodemailer,
  type NodemailerAddress,
  type NodemailerMessage,
  type NodemailerTransporter,
} from "./from-nodemailer.ts";
