import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests run from source: the packages' own TypeScript, not what was last built.
  resolve: { conditions: ["@edgepost/source"] },
  ssr: { resolve: { conditions: ["@edgepost/source"], externalConditions: ["@edgepost/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
