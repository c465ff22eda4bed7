import { Hono } from "hono";
import type { ConsoleContext } from "./context.ts";
import { ICON } from "./icon.svg.ts";
import { SCRIPT } from "./script.js.ts";
import { STYLE } from "./style.css.ts";

/** Open to all, the same for all. Asked for anew after an hour: they have no version in their names. */
const CACHED = { "cache-control": "public, max-age=3600" };

/** What the pages are shown with. */
export function assetRoutes(): Hono<ConsoleContext> {
  return new Hono<ConsoleContext>()
    .get("/style.css", (c) => c.body(STYLE, 200, { ...CACHED, "content-type": "text/css; charset=utf-8" }))
    .get("/script.js", (c) => c.body(SCRIPT, 200, { ...CACHED, "content-type": "text/javascript; charset=utf-8" }))
    .get("/icon.svg", (c) => c.body(ICON, 200, { ...CACHED, "content-type": "image/svg+xml" }));
}
