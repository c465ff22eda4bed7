import { existsSync } from "node:fs";

/** Debian's, which is what a test machine has; another one may be named in the environment. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why there is none on this machine, if there is none. */
export const whyNoChromium = existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}; install Debian's "chromium"`;
