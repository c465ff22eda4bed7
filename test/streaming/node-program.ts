import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { sendStream } from "./send-stream.ts";

// A process of its own: sends 1 MiB to have everything loaded, then the rest, and prints what its memory grew by.

const [name, port, mebibytes] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(port), security: "none" } as const;
const create = name === "nodeTransport" ? nodeTransport : nativeTransport;

await sendStream(create(connection), 1);
const before = process.resourceUsage().maxRSS;
const size = await sendStream(create(connection), Number(mebibytes));
console.log(JSON.stringify({ size, grownKib: process.resourceUsage().maxRSS - before }));
