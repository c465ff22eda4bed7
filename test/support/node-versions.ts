import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const installed = (path: string) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

/** The Node every script of this repository runs on. */
export const pinnedNode = installed("node/bin/node");

/**
 * The oldest Node our `engines` promise, 20.19.0, from npm. It exists there for Linux alone; elsewhere `undefined`, and
 * the tests that need it say that they were skipped.
 */
export const oldestNode: string | undefined = [installed(`node-linux-${process.arch}/bin/node`)].find(existsSync);

export const WHY_NO_OLDEST_NODE = `npm has no Node 20.19.0 for ${process.platform} ${process.arch}`;
