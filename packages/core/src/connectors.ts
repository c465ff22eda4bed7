/**
 * The SMTP forms of Windmill, K2View, Prismatic, Appsmith and DronaHQ.
 *
 * @module @edgepost/core/connectors
 */
export type { NodemailerAnswer } from "./connectors/answer.ts";
export type { AppsmithAnswer, AppsmithDatasource, AppsmithFile, AppsmithSendEmail } from "./connectors/appsmith.ts";
export { appsmith } from "./connectors/appsmith.ts";
export type { Connector, Pasted } from "./connectors/connector.ts";
export type { DronaHqAccount, DronaHqSendMail } from "./connectors/dronahq.ts";
export { dronahq } from "./connectors/dronahq.ts";
export type { K2ViewEmail, K2ViewInterface } from "./connectors/k2view.ts";
export { k2view } from "./connectors/k2view.ts";
export type { Keywords } from "./connectors/keywords.ts";
export type { PrismaticConnection, PrismaticFile, PrismaticSendEmail } from "./connectors/prismatic.ts";
export { prismatic } from "./connectors/prismatic.ts";
export type { WindmillArguments, WindmillResource } from "./connectors/windmill.ts";
export { windmill } from "./connectors/windmill.ts";
