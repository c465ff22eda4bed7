/**
 * Messages, connections, errors, and the mailer that sends: what most programs need beside a transport.
 *
 * @module @edgepost/core
 */
export type { BuildOptions } from "./build-mime.ts";
export { buildMime } from "./build-mime.ts";
export type {
  AccessToken,
  AuthMethod,
  ParsedConnection,
  Security,
  SmtpAuth,
  SmtpConnection,
  SmtpPool,
  SmtpTimeouts,
  SmtpTls,
} from "./connection.ts";
export { parseConnection } from "./connection.ts";
export type { Issue, MailErrorCode, MailErrorFacts, MailPhase } from "./errors.ts";
export { isMailError, MailError } from "./errors.ts";
export type { Mailer, MailerHooks, MailerOptions, SendManyOptions } from "./mailer.ts";
export { createMailer } from "./mailer.ts";
export { formatAddress, parseAddress, parseAddressList } from "./message/address.ts";
export type { AttachmentPolicy, UrlPolicy } from "./message/attachment.ts";
export type { Envelope } from "./message/envelope.ts";
export type {
  AddressInput,
  AlternativeInput,
  AttachmentContent,
  AttachmentInput,
  AttachmentsInput,
  CalendarInput,
  DsnInput,
  EnvelopeInput,
  HeadersInput,
  ListUnsubscribeInput,
  MailboxInput,
  MessageDefaults,
  MessageInput,
  Priority,
} from "./message/input.ts";
export type {
  Address,
  Alternative,
  Attachment,
  AttachmentSource,
  Dsn,
  Group,
  Header,
  ListUnsubscribe,
  Mailbox,
  Message,
} from "./message/message.ts";
export type { SignableMessage, Signer } from "./mime/signer.ts";
export type { BodyForm, OutgoingMail } from "./outgoing.ts";
export type {
  CertificateSummary,
  Receipt,
  RejectedRecipient,
  SendResult,
  SmtpReply,
  TlsSummary,
  Verification,
  VerificationStage,
  VerificationStageName,
} from "./receipt.ts";
export type { TlsSettings } from "./smtp/socket.ts";
export type { SendOptions, Transport } from "./transport.ts";
export { withFailover } from "./transports/failover.ts";
export type { RetryOptions } from "./transports/retry.ts";
export { withRetry } from "./transports/retry.ts";
