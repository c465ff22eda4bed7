import { defineConfig, type Plugin } from "vite";

/** Answers `/api/…` by the Worker's source, loaded anew after every change. */
const worker: Plugin = {
  name: "worker",
  configureServer(server) {
    server.middlewares.use("/api", async (request, response, next) => {
      try {
        const { default: handler } = await server.ssrLoadModule("/src/worker.ts");
        const url = new URL(request.originalUrl ?? "/", "http://localhost");
        const answer: Response = await handler.fetch(new Request(url), { SMTP_URL: process.env.SMTP_URL });
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
      } catch (error) {
        next(error);
      }
    });
  },
};

export default defineConfig({ plugins: [worker] });
