import { Hono } from "hono";
import type { RequestContext } from "../context.ts";
import { createDocument, type OpenApiDocument } from "../openapi/document.ts";
import { renderPage } from "../openapi/page.ts";

const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** `/openapi.json` for programs, `/docs` for people. Made when somebody asks for the first time. */
export function docsRoutes(): Hono<RequestContext> {
  let document: OpenApiDocument | undefined;

  function read(): OpenApiDocument {
    document ??= createDocument();
    return document;
  }

  return new Hono<RequestContext>()
    .get("/openapi.json", (c) => c.json(read()))
    .get("/docs", (c) => c.html(renderPage(read()), 200, { "content-security-policy": PAGE_POLICY }));
}
