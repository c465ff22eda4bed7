/**
 * For tests: a transport in memory, a scripted server, and the contract every transport passes.
 *
 * @module @edgepost/core/testing
 */
export type { Delivery } from "./testing/pipe.ts";
export type { ScriptedServer, ScriptedServerOptions } from "./testing/scripted-server.ts";
export { scriptedServer } from "./testing/scripted-server.ts";
export type { PairedSocket, SocketPairOptions } from "./testing/socket-pair.ts";
export { socketPair } from "./testing/socket-pair.ts";
export type { ContractSubject, ReceivedMail, TransportContractOptions } from "./testing/transport-contract.ts";
export { transportContract } from "./testing/transport-contract.ts";
export type { MemoryTransport, MemoryTransportOptions, SentMail } from "./transports/memory.ts";
export { memoryTransport } from "./transports/memory.ts";
