import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests run from source: the packages' own TypeScript, not what was last built.
  resolve: { conditions: ["@edgepost/source"] },
  ssr: { resolve: { conditions: ["@edgepost/source"], externalConditions: ["@edgepost/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/no-secrets/setup.ts"],
    // Tests wait for servers more than they compute: one worker for each processor, and none held back for the runner.
    maxWorkers: "100%",
    // Generous, and no retries: with real servers and a busy two-core machine a slow test is not a failed one, and a
    // test that passes at the second try is not a passed one.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // `.ci/run` counts from the report.
    reporters: process.env.CI ? ["default", ["json", { outputFile: "node_modules/.vitest/report.json" }]] : ["default"],
  },
});
