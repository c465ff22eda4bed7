export {
  fromNodemailer,
  type NodemailerAddress,
  type NodemailerMessage,
  type NodemailerTransporter,
} from "./from-nodemailer.ts";
