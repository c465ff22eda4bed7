import { defineConfig } from "vitest/config";
import config from "../../vitest.config.ts";

/** The suite's own configuration, for the tests that must fail under it, and a report that is not the suite's. */
export default defineConfig({
  ...config,
  test: { ...config.test, include: ["test/no-secrets/leaking.ts"], reporters: ["json"] },
});
